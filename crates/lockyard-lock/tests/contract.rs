//! Every family of this crate keeps the contract: one named test for each family and property.

macro_rules! every_lock {
    ($($module:ident: $family:ident [$($await:ident)?] $about:literal;)*) => { $(
        lockyard_lock::lock_contract!(mod $module: lockyard_lock::$family: try $(, $await)?);
    )* };
}

lockyard_lock::for_each_lock! { every_lock }

/// A contract that this one keeps, every lock keeps.
mod no_exclusion {
    use std::panic::catch_unwind;
    use std::sync::Mutex;

    use lockyard_lock::contract;
    use lockyard_lock::mutant::{Cells, Torn, TornCell};

    struct Plain;

    struct PlainCell<T>(Mutex<T>);

    impl Cells for Plain {
        type Cell<T: Clone + Send + Sync + 'static> = PlainCell<T>;
    }

    impl<T: Clone + Send + Sync + 'static> TornCell<T> for PlainCell<T> {
        fn new(value: T) -> Self {
            Self(Mutex::new(value))
        }

        fn copy(&self) -> T {
            self.0.lock().unwrap().clone()
        }

        fn replace(&self, value: T) {
            *self.0.lock().unwrap() = value;
        }
    }

    #[test]
    fn a_lock_that_does_not_exclude_breaks_the_contract() {
        let broken: [fn(); 2] = [
            contract::writers_exclude_each_other::<Torn<Plain>>,
            contract::a_held_guard_excludes_across_awaits::<Torn<Plain>>,
        ];
        for property in broken {
            assert!(catch_unwind(property).is_err());
        }
    }
}
