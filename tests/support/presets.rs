//! Tests of every preset, one named test each.

/// Makes a module of each preset, with a test of every function named here, which is given the preset's name.
macro_rules! each_preset {
    (@all $tests:tt $($module:ident: $lock:ident [$($await:ident)?] $about:literal;)*) => {
        each_preset! { @modules $tests
            before: "before"; naive: "naive"; after: "after"; best: "best";
            $($module: <lockyard::lock::$lock as lockyard::lock::LockFamily>::NAME;)*
        }
    };
    (@modules $tests:tt $($module:ident: $preset:expr;)*) => {
        $(mod $module {
            each_preset! { @tests $preset, $tests }
        })*

        #[test]
        fn every_preset_is_tested() {
            use std::collections::BTreeSet;

            let presets = lockyard::strategy::PRESETS.map(|preset| preset.name);
            assert_eq!(BTreeSet::from(presets), BTreeSet::from([$($preset),*]));
        }
    };
    (@tests $preset:expr, [$($test:ident)*]) => { $(
        #[test]
        fn $test() {
            super::$test($preset);
        }
    )* };
    ($($test:ident)*) => {
        lockyard::lock::for_each_lock! { each_preset, @all [$($test)*] }
    };
}
