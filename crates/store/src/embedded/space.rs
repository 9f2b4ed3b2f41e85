//! Decides what to do about a disk that fills up (rule 9). No disk here: how much
//! is free comes in, what to do comes out.

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SpaceEffect {
    /// Refuse writes, or take them again.
    SetLow(bool),
    /// Give up the reserve, so that what was accepted can be finished.
    GiveUpReserve,
    /// Make the reserve, and report with [`SpaceWatch::reserve_made`].
    MakeReserve,
}

/// What is known of the disk.
#[derive(Debug)]
pub(super) struct SpaceWatch {
    low_bytes: u64,
    reserve_bytes: u64,
    low: bool,
    reserved: bool,
}

impl SpaceWatch {
    pub(super) fn new(low_bytes: u64, reserve_bytes: u64, reserved: bool) -> Self {
        Self { low_bytes, reserve_bytes, low: false, reserved }
    }

    /// Takes in how much is free, and whether the log or the engine met a full disk.
    pub(super) fn handle(&mut self, free: u64, full: bool) -> Vec<SpaceEffect> {
        let mut effects = Vec::new();
        // A quarter more before writes are taken again, so that it does not flicker.
        let enough = self.low_bytes.saturating_add(self.low_bytes / 4);
        if !self.low && free < self.low_bytes {
            self.low = true;
            effects.push(SpaceEffect::SetLow(true));
        } else if self.low && free >= enough {
            self.low = false;
            effects.push(SpaceEffect::SetLow(false));
        }
        if full && self.reserved {
            self.reserved = false;
            effects.push(SpaceEffect::GiveUpReserve);
        } else if !full && self.wants_reserve() && free >= enough.saturating_add(self.reserve_bytes)
        {
            effects.push(SpaceEffect::MakeReserve);
        }
        effects
    }

    /// The reserve is there.
    pub(super) fn reserve_made(&mut self) {
        self.reserved = true;
    }

    fn wants_reserve(&self) -> bool {
        self.reserve_bytes > 0 && !self.reserved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_below_the_mark_and_takes_writes_again_well_above_it() {
        let mut watch = SpaceWatch::new(100, 0, false);
        assert_eq!(watch.handle(100, false), []);
        assert_eq!(watch.handle(99, false), [SpaceEffect::SetLow(true)]);
        assert_eq!(watch.handle(110, false), [], "not yet");
        assert_eq!(watch.handle(125, false), [SpaceEffect::SetLow(false)]);
    }

    #[test]
    fn gives_the_reserve_up_once_and_makes_it_again_when_there_is_room() {
        let mut watch = SpaceWatch::new(100, 50, false);
        assert_eq!(watch.handle(1_000, false), [SpaceEffect::MakeReserve]);
        watch.reserve_made();
        assert_eq!(watch.handle(1_000, false), []);
        let full = [SpaceEffect::SetLow(true), SpaceEffect::GiveUpReserve];
        assert_eq!(watch.handle(0, true), full);
        assert_eq!(watch.handle(50, true), []);
        assert_eq!(watch.handle(150, false), [SpaceEffect::SetLow(false)]);
        assert_eq!(watch.handle(175, false), [SpaceEffect::MakeReserve]);
    }
}
