//! Graphs to run: the same for the product and for the smallest scheduler.

/// A graph: for each task, those it comes after, all of which stand before it.
#[derive(Clone, Debug)]
pub(super) struct Shape(pub(super) Vec<Vec<usize>>);

impl Shape {
    /// Layers of that width, every task after the whole layer before.
    pub(super) fn layers(layers: usize, width: usize) -> Shape {
        let one = |nth: usize| match nth / width {
            0 => Vec::new(),
            layer => ((layer - 1) * width..layer * width).collect(),
        };
        Shape((0..layers * width).map(one).collect())
    }

    /// About that many tasks in the eight levels of a Montage mosaic, three colours of one sky:
    /// images are projected, overlapping pairs compared, all comparisons fitted, one model made,
    /// every image corrected by it, and all assembled.
    pub(super) fn montage(tasks: usize) -> Shape {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        let mut all: Vec<Vec<usize>> = Vec::new();
        let band = (tasks / 3).max(12);
        for _ in 0..3 {
            let images = (band / 5).max(2);
            let pairs = band.saturating_sub(2 * images + 5).max(1);
            let put = |all: &mut Vec<Vec<usize>>, after: Vec<usize>| {
                all.push(after);
                all.len() - 1
            };
            let projected: Vec<usize> = (0..images).map(|_| put(&mut all, Vec::new())).collect();
            let compared: Vec<usize> = (0..pairs)
                .map(|_| {
                    let one = dice.below(images);
                    let other = (one + 1 + dice.below(images - 1)) % images;
                    let mut after = vec![projected[one], projected[other]];
                    after.sort_unstable();
                    put(&mut all, after)
                })
                .collect();
            let fitted = put(&mut all, compared);
            let model = put(&mut all, vec![fitted]);
            let corrected: Vec<usize> = projected
                .iter()
                .map(|it| put(&mut all, vec![*it, model]))
                .collect();
            let table = put(&mut all, corrected.clone());
            let mut after = corrected;
            after.push(table);
            let added = put(&mut all, after);
            put(&mut all, vec![added]);
        }
        Shape(all)
    }

    /// How many edges.
    pub(super) fn edges(&self) -> usize {
        self.0.iter().map(Vec::len).sum()
    }

    /// How many levels.
    pub(super) fn depth(&self) -> usize {
        let mut depth: Vec<usize> = Vec::with_capacity(self.0.len());
        for after in &self.0 {
            let before = after.iter().map(|it| depth[*it]).max().unwrap_or(0);
            depth.push(before + 1);
        }
        depth.into_iter().max().unwrap_or(0)
    }
}

/// The same numbers in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound.max(1) as u64).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_have_the_size_and_the_levels_they_are_named_for() {
        let layers = Shape::layers(100, 10);
        assert_eq!(
            (layers.0.len(), layers.edges(), layers.depth()),
            (1000, 9900, 100)
        );
        for tasks in [1000, 10_000] {
            let shape = Shape::montage(tasks);
            assert!(
                shape.0.len().abs_diff(tasks) < tasks / 50,
                "{}",
                shape.0.len()
            );
            assert_eq!(shape.depth(), 8);
            assert!(shape.edges() > 2 * tasks, "{}", shape.edges());
            assert_eq!(shape.0, Shape::montage(tasks).0);
            let forward = |(nth, after): (usize, &Vec<usize>)| after.iter().all(|it| *it < nth);
            assert!(shape.0.iter().enumerate().all(forward));
        }
    }
}
