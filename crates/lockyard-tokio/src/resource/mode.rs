//! How something is held, and where it was asked for.

use std::panic::Location;

/// Where in the source something was made or asked for.
pub(crate) type Place = &'static Location<'static>;

/// The name of what is made inside the standard library, as by `Arc::<Mutex<T>>::default()`: its type, since the place says
/// nothing there. None elsewhere.
pub(crate) fn name_in_std<T: ?Sized>(made: Place) -> Option<&'static str> {
    made.file().starts_with("/rustc/").then(std::any::type_name::<T>)
}

/// How something is held.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mode {
    /// Beside other readers.
    Read,
    /// Alone.
    Write,
    /// So many of a semaphore's permits.
    Permits(u32),
}

#[cfg(feature = "explore")]
impl Mode {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Permits(1) => "permit",
            Self::Permits(_) => "permits",
        }
    }

    /// Whether the order of two that hold it so may matter.
    pub(super) fn excludes(self) -> bool {
        !matches!(self, Self::Read)
    }
}

#[cfg(feature = "track")]
impl From<Mode> for lockyard_track::Mode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Read => Self::Read,
            Mode::Write => Self::Write,
            Mode::Permits(of) => Self::Permits(of),
        }
    }
}
