//! The whole of a program from a list of systems.

/// The `main` of a program over systems of your own, as a binary or as a `[[bench]]` with `harness = false`: see
/// [`program`](crate::program).
///
/// | part | what |
/// | --- | --- |
/// | `workload = …`, or `workloads = […]` | what is asked |
/// | `spec = \|workload\| …` | optional: what answers are judged by, a [`SequentialSpec`](lockyard_history::SequentialSpec) |
/// | `keys = \|step\| …` | optional: which of several objects a step is about; each is judged alone |
/// | `history_files = true` | optional: histories are written and read, where the specification has a codec |
/// | `systems = { "name" => \|setup\| …, }` | what is compared; the first is the baseline |
/// | `"name" [lock = "mutex"] => …` | a system with its factors, for `--ablate` |
/// | `tracked = { "name" => \|setup, tracker\| …, }` | optional: the same over tracked locks, for `--track` |
/// | `heap_use = { "name" ["account"] => \|accounts\| …, }` | optional: what each keeps for each of so many, with a [counting allocator](crate::alloc) |
///
/// The parts stand in this order. Whatever else a [`Program`](crate::program::Program) can be told is told by its methods, in a
/// `main` of your own.
#[macro_export]
macro_rules! main {
    (workload = $workload:expr, $($parts:tt)*) => {
        $crate::__main!($crate::program::Program::new($workload); $($parts)*);
    };
    (workloads = [$workload:expr $(, $more:expr)* $(,)?], $($parts:tt)*) => {
        $crate::__main!($crate::program::Program::new($workload)$(.workload($more))*; $($parts)*);
    };
    ($($parts:tt)*) => {
        ::std::compile_error!("`main!` begins with what is asked: `workload = …,` or `workloads = […],`");
    };
}

/// The parts behind the workload.
#[doc(hidden)]
#[macro_export]
macro_rules! __main {
    (
        $program:expr;
        $(spec = $spec:expr, $(keys = $keys:expr,)? $(history_files = $files:tt,)?)?
        systems = { $($name:literal $([$($factor:ident = $value:expr),* $(,)?])? => $make:expr),* $(,)? }
        $(, tracked = { $($tracked:literal => $make_tracked:expr),* $(,)? })?
        $(, heap_use = { $($kept:literal [$item:literal] => $make_items:expr),* $(,)? })? $(,)?
    ) => {
        /// Runs the program with the arguments of this process.
        pub fn main() -> ::std::process::ExitCode {
            let program = $program;
            $(
                let program = program.spec($spec);
                $(let program = program.keys($keys);)?
                $(let program = $crate::__history_files!(program, $files);)?
            )?
            let program = program.build($crate::Build {
                rustc: "unknown",
                version: ::std::env!("CARGO_PKG_VERSION"),
                commit: ::std::option_env!("LOCKYARD_COMMIT"),
            });
            $(
                let program = program.system($name, $make);
                $($(let program = program.factor($name, ::std::stringify!($factor), $value);)*)?
            )*
            $($(let program = program.tracked($tracked, $make_tracked);)*)?
            $($(let program = program.heap_use($kept, $item, $make_items);)*)?
            program.main()
        }
    };
    ($program:expr; $($parts:tt)*) => {
        ::std::compile_error!(
            "behind the workload `main!` has, in this order and with a comma behind each: `spec = |workload| …`, `keys = |step| …`, \
             `history_files = true`, which may be left out; `systems = { \"name\" => |setup| … }`, which may not; \
             `tracked = { … }` and `heap_use = { … }`, which may be left out"
        );
    };
}

/// Whether histories are written and read: a specification needs a codec only where they are.
#[doc(hidden)]
#[macro_export]
macro_rules! __history_files {
    ($program:ident, true) => {
        $program.history_files()
    };
    ($program:ident, false) => {
        $program
    };
}
