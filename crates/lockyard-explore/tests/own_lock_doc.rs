//! `docs/OWN_LOCK.md` is true: what it tells the author of a lock to write is written here, compiles and runs, and what it shows
//! is what is said.

#[path = "../../lockyard-lock/tests/locks/mod.rs"]
mod locks;

/// Stands for the author's crate.
mod my_lock {
    pub use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};
}

use std::ops::DerefMut;

use lockyard_lock::{AwaitFamily, LockClass, LockFamily, Policy, SharedLock, TryFamily};
use my_lock::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Names the lock.
pub struct MyLock;

impl LockFamily for MyLock {
    const NAME: &'static str = "my-lock";
    const POLICY: Policy = Policy::FifoFair; // what you promise; the least is Policy::Unfair
    const SHARED_READS: bool = true;
    type Lock<T: Clone + Send + Sync + 'static> = Around<T>;
}

/// The lock around one value.
pub struct Around<T>(RwLock<T>);

impl<T: Send + Sync + 'static> SharedLock<T> for Around<T> {
    type Read<'a> = RwLockReadGuard<'a, T>;
    type Write<'a> = RwLockWriteGuard<'a, T>;

    fn new(_: &'static LockClass, value: T) -> Self {
        Self(RwLock::new(value))
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        self.0.try_read().ok()
    }

    fn read(&self) -> impl Future<Output = Self::Read<'_>> + Send {
        self.0.read()
    }

    fn write(&self) -> impl Future<Output = Self::Write<'_>> + Send {
        self.0.write()
    }
}

impl TryFamily for MyLock {
    const BLOCKS: bool = false;

    fn try_write<T: Clone + Send + Sync + 'static>(lock: &Around<T>) -> Option<RwLockWriteGuard<'_, T>> {
        lock.0.try_write().ok()
    }
}

impl AwaitFamily for MyLock {
    fn hold<T: Clone + Send + Sync + 'static>(
        lock: &Around<T>,
    ) -> impl Future<Output = impl DerefMut<Target = T> + Send> + Send {
        lock.0.write()
    }
}

lockyard_lock::lock_contract!(MyLock: await, try);

#[test]
fn it_is_right_in_every_order() {
    lockyard_explore::lock::<MyLock>().check();
}

mod document {
    use std::fs;
    use std::path::Path;
    use std::time::Duration;

    use lockyard_lock::LockFamily;

    use super::{MyLock, locks};

    /// A file of the project.
    fn file(path: &str) -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The code blocks of the document, each with its language.
    fn blocks() -> Vec<(String, String)> {
        let document = file("docs/OWN_LOCK.md");
        let fenced = document.split("\n```").skip(1).step_by(2);
        fenced
            .map(|it| it.split_once('\n').unwrap())
            .map(|(it, text)| (it.to_owned(), text.to_owned()))
            .collect()
    }

    /// Lines as they are compared: without what makes them comments, and without their indentation.
    fn lines(text: &str) -> Vec<&str> {
        let lines = text.lines().map(|line| line.trim().trim_start_matches(['/', '!', '#']).trim());
        lines.filter(|line| !line.is_empty()).collect()
    }

    /// Words, however they are broken into lines. Places in this file are those of an author's test.
    fn words(text: &str) -> String {
        let place = |word| if str::contains(word, file!()) { "tests/lock.rs:9:40" } else { word };
        text.split_whitespace().map(place).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_block_of_code_stands_in_a_file_that_is_compiled() {
        let files = [
            "crates/lockyard-explore/tests/own_lock_doc.rs",
            "loom-tests/tests/models/own_lock.rs",
            "examples/own_lock.rs",
            "src/cli/program.rs",
        ]
        .map(file);
        let mut looked_at = 0;
        for (language, text) in blocks().iter().filter(|(language, _)| language == "rust" || language == "sh")
        {
            let wanted = lines(text);
            let stands = |file: &String| lines(file).windows(wanted.len()).any(|part| part == wanted);
            let is_command_of_a_new_package = language == "sh" && text.starts_with("cargo new ");
            assert!(is_command_of_a_new_package || files.iter().any(stands), "not in any of them:\n{text}");
            looked_at += 1;
        }
        assert!(looked_at >= 7, "{looked_at}");
    }

    #[test]
    fn every_manifest_names_packages_of_the_project_where_they_are() {
        let manifests: Vec<_> = blocks().into_iter().filter(|(language, _)| language == "toml").collect();
        assert!(!manifests.is_empty());
        for (_, text) in manifests {
            for line in text.lines().filter(|line| line.contains("../lockyard")) {
                let (name, path) = line.split_once(" = { path = \"../lockyard").expect(line);
                let folder = path.split('"').next().unwrap().trim_start_matches('/');
                let manifest = Path::new(folder).join("Cargo.toml");
                assert!(
                    file(manifest.to_str().unwrap()).contains(&format!("\nname = \"{name}\"\n")),
                    "{line}"
                );
            }
        }
    }

    #[test]
    fn what_is_shown_is_what_is_said() {
        let shown: Vec<_> = blocks().into_iter().filter(|(language, _)| language == "text").collect();
        let [(_, contract), (_, explored)] = &shown[..] else { panic!("{shown:?}") };

        let test = lockyard_lock::contract::no_wake_up_is_lost_in_any_order::<locks::wrong::ForgottenWake>;
        let said = lockyard_lock::contract::outcome(test, Duration::from_secs(30)).unwrap_err();
        let name = format!(
            "{} breaks the contract: no_wake_up_is_lost_in_any_order: ",
            locks::wrong::ForgottenWake::NAME
        );
        assert_eq!(words(contract), words(&(name + &said)));

        let report = lockyard_explore::lock::<locks::wrong::UnfairRwLock>().run();
        let family = report.failure.as_ref().unwrap().family;
        let said = report.to_string().replace(family, "my_lock_check::MyLock");
        assert_eq!(words(explored), words(&said));
    }

    #[test]
    fn there_are_as_many_schedules_as_it_says() {
        let report = lockyard_explore::lock::<MyLock>().run();
        assert_eq!(report.schedules, 11_592, "{report}");
        assert!(file("docs/OWN_LOCK.md").contains("11,592 of `tokio::sync::RwLock`"));
    }
}
