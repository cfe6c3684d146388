//! A whole group as one statement to SQLite: a row put into a view, whose trigger puts what the row
//! carries where it belongs. A statement is all or nothing by itself, and has one answer; a script
//! has an answer for each of its lines, and wakes whoever waits for the last of them each time.

use super::sets::{Line, Sheet};
use std::{collections::HashMap, fmt::Write as _, sync::Arc};

/// What a trigger says when somebody else was faster.
pub(super) const MOVED: &str = "guichet: changed meanwhile";

/// What groups were made of so far.
#[derive(Default)]
pub(super) struct Forms {
    /// What single commands were made of, each with a view of its own: nothing in it is idle.
    alone: HashMap<Vec<Form>, Arc<View>>,
    /// All statements, in an order in which most groups have theirs.
    known: Vec<Form>,
    view: Arc<View>,
    views: usize,
}

/// A group that leaves everything as it is still has to be able to write: it may be a heartbeat
/// (R19).
const ABLE: &str = "UPDATE client SET name = name WHERE false;";
/// Views for single commands; what comes later shares the one for groups.
const ALONE: usize = 128;

/// One statement, and what travels with its set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Form {
    sql: String,
    counted: bool,
    stepped: bool,
}

/// The view that takes groups of such statements.
#[derive(Debug, Default)]
pub(super) struct View {
    pub(super) name: String,
    /// What makes it.
    pub(super) made: String,
    columns: usize,
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    Nothing,
    /// What nobody else may have written since.
    Seen,
    Rows(u64),
    Step(i64),
    Set(String),
}

/// A group, packed.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) view: Arc<View>,
    pub(super) cells: Vec<Cell>,
}

impl Form {
    fn of(line: &Line) -> Form {
        Form {
            sql: line.sql.clone(),
            counted: line.rows.is_some(),
            stepped: line.step.is_some(),
        }
    }

    fn is_of(&self, line: &Line) -> bool {
        self.sql == line.sql
            && self.counted == line.rows.is_some()
            && self.stepped == line.step.is_some()
    }

    fn width(&self) -> usize {
        1 + usize::from(self.counted) + usize::from(self.stepped)
    }
}

impl Forms {
    /// Packs what is on the sheet of that many commands.
    pub(super) fn pack(&mut self, sheet: Sheet, commands: usize) -> Parcel {
        let lines: Vec<Line> = sheet.lines().collect();
        if commands > 1 && !lines.is_empty() {
            return self.pack_lines(lines);
        }
        let forms: Vec<Form> = lines.iter().map(Form::of).collect();
        let view = match self.alone.get(&forms) {
            Some(known) => known.clone(),
            None if self.alone.len() == ALONE => return self.pack_lines(lines),
            None => {
                let view = self.view_of(&forms);
                self.alone.insert(forms, view.clone());
                view
            }
        };
        let mut cells = vec![Cell::Seen];
        lines.into_iter().for_each(|it| put(&mut cells, it));
        Parcel { view, cells }
    }

    /// Line after line into one row, as long as they come in the order that is known; what comes
    /// out of turn begins another, which is carried out after it.
    fn pack_lines(&mut self, lines: Vec<Line>) -> Parcel {
        self.learn(&lines);
        let mut cells = Vec::with_capacity(self.view.columns);
        let mut next = self.known.len();
        for line in lines {
            let at = self.place(&line).expect("it has just been learnt");
            if at < next {
                self.pass(&mut cells, next, self.known.len());
                cells.push(Cell::Seen);
                next = 0;
            }
            self.pass(&mut cells, next, at);
            put(&mut cells, line);
            next = at + 1;
        }
        self.pass(&mut cells, next, self.known.len());
        Parcel {
            view: self.view.clone(),
            cells,
        }
    }

    /// Where lines of that form come.
    fn place(&self, line: &Line) -> Option<usize> {
        self.known.iter().position(|it| it.is_of(line))
    }

    /// Nothing for these.
    fn pass(&self, cells: &mut Vec<Cell>, from: usize, to: usize) {
        let many = self.known[from..to].iter().map(Form::width).sum();
        cells.extend(std::iter::repeat_n(Cell::Nothing, many));
    }

    /// What is new comes behind what it follows here.
    fn learn(&mut self, lines: &[Line]) {
        let (mut next, known) = (0, self.known.len());
        for line in lines {
            next = match self.place(line) {
                Some(at) => at + 1,
                None => {
                    self.known.insert(next, Form::of(line));
                    next + 1
                }
            };
        }
        if self.known.len() > known {
            self.view = self.view_of(&self.known.clone());
        }
    }

    fn view_of(&mut self, forms: &[Form]) -> Arc<View> {
        self.views += 1;
        Arc::new(View::of(self.views, forms))
    }
}

fn put(cells: &mut Vec<Cell>, line: Line) {
    cells.push(Cell::Set(line.set));
    cells.extend(line.rows.map(Cell::Rows));
    cells.extend(line.step.map(Cell::Step));
}

impl View {
    fn of(nth: usize, forms: &[Form]) -> View {
        let name = format!("group_{nth}");
        let mut columns = vec!["seen".to_owned()];
        let mut body = format!(
            "SELECT RAISE(ABORT, '{MOVED}') FROM pragma_data_version
                WHERE data_version <> NEW.seen;"
        );
        if forms.is_empty() {
            body += ABLE;
        }
        for (n, form) in forms.iter().enumerate() {
            columns.push(format!("set{n}"));
            let (set, step) = (format!("NEW.set{n}"), format!("NEW.step{n}"));
            body += &form.sql.replace('?', &set).replace("{step}", &step);
            body.push(';');
            if form.counted {
                columns.push(format!("rows{n}"));
                // Writing to a string cannot fail.
                let _ = write!(
                    body,
                    "SELECT RAISE(ABORT, '{MOVED}') WHERE changes() <> NEW.rows{n};"
                );
            }
            if form.stepped {
                columns.push(format!("step{n}"));
            }
        }
        let nothing = vec!["NULL"; columns.len()].join(",");
        let made = format!(
            "CREATE TEMP VIEW {name}({}) AS SELECT {nothing};
             CREATE TEMP TRIGGER {name}_in INSTEAD OF INSERT ON {name} BEGIN {body} END",
            columns.join(",")
        );
        View {
            name,
            made,
            columns: columns.len(),
        }
    }
}

impl Parcel {
    /// The statement, with a place for each cell.
    pub(super) fn statement(&self) -> String {
        let row = format!("({})", vec!["?"; self.view.columns].join(","));
        let rows = self.cells.len() / self.view.columns.max(1);
        format!(
            "INSERT INTO {} VALUES {}",
            self.view.name,
            vec![row; rows].join(",")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(sql: &str, set: &str) -> Line {
        Line {
            sql: format!("{sql} ?"),
            set: set.to_owned(),
            rows: None,
            step: None,
        }
    }

    fn pack(forms: &mut Forms, lines: &[(&str, &str)]) -> Parcel {
        let mut sheet = Sheet::new(sea_orm::DbBackend::Sqlite);
        for (sql, set) in lines {
            sheet.put(line(sql, set));
        }
        forms.pack(sheet, 2)
    }

    /// Cells as one reads them: `|` begins a row, `.` is nothing.
    fn read(parcel: &Parcel) -> String {
        let cells = parcel.cells.iter().map(|it| match it {
            Cell::Seen => "|".to_owned(),
            Cell::Nothing => ".".to_owned(),
            Cell::Rows(it) => it.to_string(),
            Cell::Step(it) => it.to_string(),
            Cell::Set(it) => it.clone(),
        });
        cells.collect()
    }

    #[test]
    fn what_a_group_lacks_keeps_its_place() {
        let mut forms = Forms::default();
        let first = pack(&mut forms, &[("x", "a"), ("y", "b"), ("z", "c")]);
        assert_eq!(read(&first), "|abc");
        let next = pack(&mut forms, &[("y", "d")]);
        assert_eq!(read(&next), "|.d.");
        assert_eq!(first.statement(), next.statement(), "prepared once");
    }

    #[test]
    fn lines_are_carried_out_in_their_order() {
        let mut forms = Forms::default();
        let turned = pack(
            &mut forms,
            &[("x", "a"), ("y", "b"), ("x", "c"), ("x", "d")],
        );
        assert_eq!(read(&turned), "|ab|c.|d.");
        let turned = pack(&mut forms, &[("y", "a"), ("x", "b")]);
        assert_eq!(read(&turned), "|.a|b.");
    }

    #[test]
    fn a_new_statement_comes_behind_what_it_follows() {
        let mut forms = Forms::default();
        let old = pack(&mut forms, &[("x", "a"), ("z", "c")]);
        let new = pack(&mut forms, &[("x", "a"), ("y", "b"), ("z", "c")]);
        assert_eq!(read(&new), "|abc");
        assert_ne!(old.view.name, new.view.name);
        let old = pack(&mut forms, &[("x", "a"), ("z", "c")]);
        assert_eq!(read(&old), "|a.c");
    }

    #[test]
    fn single_commands_have_views_without_gaps() {
        let mut forms = Forms::default();
        let alone = |forms: &mut Forms, lines: &[(&str, &str)]| {
            let mut sheet = Sheet::new(sea_orm::DbBackend::Sqlite);
            lines.iter().for_each(|it| sheet.put(line(it.0, it.1)));
            forms.pack(sheet, 1)
        };
        let first = alone(&mut forms, &[("x", "a"), ("y", "b"), ("x", "c")]);
        assert_eq!(read(&first), "|abc");
        let other = alone(&mut forms, &[("y", "d")]);
        assert_eq!(read(&other), "|d");
        assert_ne!(first.view.name, other.view.name);
        let again = alone(&mut forms, &[("x", "d"), ("y", "e"), ("x", "f")]);
        assert_eq!(first.statement(), again.statement(), "prepared once");
        assert_eq!(read(&pack(&mut forms, &[])), "|", "a row all the same");
        for nth in 3..ALONE {
            alone(&mut forms, &[(&format!("x{nth}"), "a")]);
        }
        let shared = alone(&mut forms, &[("z", "a")]);
        assert_eq!(read(&shared), "|a");
        let shared = alone(&mut forms, &[("w", "a")]);
        assert_eq!(read(&shared), "|a.", "the one that is shared");
    }

    #[test]
    fn numbers_travel_beside_their_set() {
        let mut forms = Forms::default();
        let counted = |rows, step| Line {
            rows,
            step,
            ..line("x {step}", "a")
        };
        let mut sheet = Sheet::new(sea_orm::DbBackend::Sqlite);
        sheet.put(counted(Some(7), Some(2)));
        sheet.put(counted(Some(8), Some(3)));
        assert_eq!(read(&forms.pack(sheet, 2)), "|a72|a83");
    }
}
