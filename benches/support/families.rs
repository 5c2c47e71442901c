//! The lock families, as a list that can be walked though each is a type of its own.

use lockyard::lock::{LockClass, LockFamily};

pub static COUNTER: LockClass = LockClass::new("counter");

/// What is done with every family.
pub trait PerFamily {
    fn visit<F: LockFamily>(&mut self);
}

/// Does `work` with each family in turn.
pub fn each_family(work: &mut impl PerFamily) {
    macro_rules! visit {
        ($($module:ident: $family:ident [$($await:ident)?] $about:literal;)*) => {
            $(work.visit::<lockyard::lock::$family>();)*
        };
    }
    lockyard::lock::for_each_lock! { visit }
}
