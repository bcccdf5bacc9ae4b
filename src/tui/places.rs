//! The history of places.

use super::event::Place;

/// Where the user was, as in a browser.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    before: Vec<Place>,
    here: Place,
    after: Vec<Place>,
}

/// More than anybody walks back.
const KEPT: usize = 200;

impl Places {
    pub(crate) fn new(here: Place) -> Self {
        Self { before: Vec::new(), here, after: Vec::new() }
    }

    /// The place itself moves on, e.g. with the cursor, without a new entry.
    pub(crate) fn stay(&mut self, here: Place) {
        self.here = here;
    }

    pub(crate) fn go(&mut self, to: Place) {
        if to == self.here {
            return;
        }
        self.before.push(std::mem::replace(&mut self.here, to));
        if self.before.len() > KEPT {
            self.before.remove(0);
        }
        self.after.clear();
    }

    pub(crate) fn back(&mut self) -> Option<Place> {
        let to = self.before.pop()?;
        self.after.push(std::mem::replace(&mut self.here, to.clone()));
        Some(to)
    }

    pub(crate) fn forward(&mut self) -> Option<Place> {
        let to = self.after.pop()?;
        self.before.push(std::mem::replace(&mut self.here, to.clone()));
        Some(to)
    }

    pub(crate) fn can_go_back(&self) -> bool {
        !self.before.is_empty()
    }

    pub(crate) fn can_go_forward(&self) -> bool {
        !self.after.is_empty()
    }
}
