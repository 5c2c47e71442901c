//! A PostgreSQL of the test's own: in a scratch folder, on a socket in it, ended with the test.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A server that was started for this test.
pub struct PrivateServer {
    folder: tempfile::TempDir,
    bin: PathBuf,
}

/// Where the server's programs may be, beside the folders of `PATH`.
const PACKAGES: &str = "/usr/lib/postgresql";

/// The folder with `initdb` and `pg_ctl`, if there is one.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let packaged =
        fs::read_dir(PACKAGES).into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let mut folders: Vec<_> = packaged.chain(std::env::split_paths(&path)).collect();
    folders.sort();
    folders
        .into_iter()
        .rfind(|folder| ["initdb", "pg_ctl", "postgres"].iter().all(|it| folder.join(it).is_file()))
}

impl PrivateServer {
    /// Starts one; where PostgreSQL is not installed, says that the test is skipped.
    ///
    /// # Panics
    /// With what its programs say, if it cannot be started.
    pub fn start() -> Option<Self> {
        let Some(bin) = programs() else {
            println!("skipped: no PostgreSQL");
            return None;
        };
        let folder = tempfile::tempdir().expect("a scratch folder");
        // PostgreSQL refuses to run as root: then all of it belongs to another user.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).expect("it is ours");
        let server = Self { folder, bin };
        let data = server.data();
        let data = data.to_str().expect("its name is plain");
        server.run("initdb", &["-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8"]);
        server.start_data(data);
        Some(server)
    }

    /// The URL of one of its databases; `postgres` is there from the beginning.
    pub fn url(&self, database: &str) -> String {
        let socket = self.folder.path().to_string_lossy().replace('/', "%2F");
        format!("postgres://postgres@{socket}/{database}")
    }

    #[allow(dead_code, reason = "every test file compiles its own copy and uses its own part of it")]
    /// From now on it only follows a primary, which there is not.
    pub fn restart_as_standby(&self) {
        let data = self.data();
        let data = data.to_str().expect("its name is plain");
        self.run("pg_ctl", &["-D", data, "-m", "fast", "-w", "stop"]);
        as_no_root(Path::new("touch"), &["data/standby.signal"], self.folder.path());
        self.start_data(data);
    }

    fn start_data(&self, data: &str) {
        let socket = self.folder.path().display();
        let options = format!("-c listen_addresses= -c unix_socket_directories={socket} -c fsync=off");
        let log = self.folder.path().join("log");
        let log = log.to_str().expect("its name is plain");
        self.run("pg_ctl", &["-D", data, "-o", &options, "-l", log, "-w", "start"]);
    }

    /// The folder of its data.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let output = as_no_root(&self.bin.join(program), arguments, self.folder.path());
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program}: {words}{}", String::from_utf8_lossy(&output.stdout));
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        let data = self.data();
        let arguments = ["-D", data.to_str().unwrap_or_default(), "-m", "immediate", "-w", "stop"];
        let _stopped = as_no_root(&self.bin.join("pg_ctl"), &arguments, self.folder.path());
    }
}

/// Runs a program, as `nobody` if this is root.
fn as_no_root(program: &Path, arguments: &[&str], folder: &Path) -> Output {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    let mut command = if is_root {
        let mut command = Command::new("runuser");
        command.args(["-u", "nobody", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.args(arguments).current_dir(folder).output().expect("it can be run")
}
