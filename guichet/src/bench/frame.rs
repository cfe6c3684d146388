//! What stands around every workload: a fresh database, and the same anchors before and after.

use super::{
    Line, Options,
    anchor::{Anchor, Pair},
    place::Place,
    tell,
};
use std::path::Path;

/// A workload under way.
pub(super) struct Frame {
    /// Its line so far.
    pub(super) line: Line,
    /// Its database.
    pub(super) place: Place,
    before: Anchor,
}

impl Frame {
    /// Takes the anchors on the disk of that database.
    pub(super) async fn begin(
        name: &'static str,
        place: Place,
        options: &Options,
    ) -> anyhow::Result<Frame> {
        tell(&format!("{name}: anchors"));
        let before = Anchor::take(place.dir(), options).await?;
        tell(&format!("{name}: at work"));
        Ok(Frame {
            line: Line::new(name),
            place,
            before,
        })
    }

    /// The same on an SQLite file of its own.
    pub(super) async fn on_file(name: &'static str, options: &Options) -> anyhow::Result<Frame> {
        Frame::begin(name, Place::file(options)?, options).await
    }

    /// The directory beside the database.
    pub(super) fn dir(&self) -> &Path {
        self.place.dir()
    }

    /// Takes the anchors again, and notes both.
    pub(super) async fn anchors(&mut self, options: &Options) -> anyhow::Result<Pair> {
        tell(&format!("{}: anchors again", self.line.name()));
        let after = Anchor::take(self.place.dir(), options).await?;
        let before = self.before.clone();
        let pair = Pair { before, after };
        self.line.anchors(&pair, self.place.dir());
        Ok(pair)
    }

    /// Takes the database away; the line is what remains.
    pub(super) async fn end(self) -> anyhow::Result<Line> {
        self.place.leave().await?;
        Ok(self.line.finish())
    }
}
