//! A running program, as `/proc` shows it. It is killed when this is dropped.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::error::Error;

/// Where a program finds what it needs.
pub(crate) struct Surroundings {
    /// The variables of a deployed function, ours and Lambda's.
    variables: Vec<(&'static str, String)>,
    show: bool,
}

impl Surroundings {
    /// The Runtime API at `runtime_api` (host and port), AWS at `aws` (URL), trusted by `authority`.
    pub(crate) fn new(runtime_api: String, aws: &str, authority: &Path, show: bool) -> Self {
        let bundle = authority.display().to_string();
        let text = str::to_owned;
        let variables = vec![
            ("AWS_LAMBDA_RUNTIME_API", runtime_api),
            ("AWS_LAMBDA_FUNCTION_NAME", text("bench")),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", text("256")),
            ("AWS_LAMBDA_FUNCTION_VERSION", text("$LATEST")),
            ("AWS_LAMBDA_LOG_GROUP_NAME", text("/aws/lambda/bench")),
            ("AWS_LAMBDA_LOG_STREAM_NAME", text("bench")),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", text("on-demand")),
            ("AWS_REGION", text("eu-west-1")),
            ("AWS_DEFAULT_REGION", text("eu-west-1")),
            ("AWS_ACCESS_KEY_ID", text("AKIDEXAMPLE")),
            ("AWS_SECRET_ACCESS_KEY", text("not-a-secret")),
            ("AWS_SESSION_TOKEN", text("not-a-token")),
            ("AWS_EC2_METADATA_DISABLED", text("true")),
            ("AWS_ENDPOINT_URL_DYNAMODB", text(aws)),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", text(aws)),
            ("AWS_CA_BUNDLE", bundle.clone()),
            ("SSL_CERT_FILE", bundle),
            ("TABLE_NAME", text(crate::world::TABLE)),
            ("SECRETS_PREFIX", text(crate::world::SECRETS_PREFIX)),
            ("PUBLIC_BASE_URL", text("https://consent.example.com")),
            ("CLIENT_ID", text("c11e0000-1111-4a4a-8b8b-0000000000c1")),
            ("CLOUD", text("global")),
            ("NODE_NO_WARNINGS", text("1")),
            ("LANG", text("C.UTF-8")),
            ("TZ", text(":UTC")),
            ("PATH", text("/usr/local/bin:/usr/bin:/bin")),
        ];
        Self { variables, show }
    }

    /// The variables.
    pub(crate) fn variables(&self) -> &[(&'static str, String)] {
        &self.variables
    }

    /// Starts the program `command`, after the words of `wrapper` if there are any.
    pub(crate) fn start(&self, command: &[PathBuf], wrapper: &[&str]) -> Result<Running, Error> {
        let words = wrapper.iter().map(Path::new).chain(command.iter().map(AsRef::as_ref));
        let mut words = words.map(AsRef::<std::ffi::OsStr>::as_ref);
        let program = words.next().unwrap_or_default();
        let mut command = Command::new(program);
        command.args(words).env_clear().envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null());
        if !self.show {
            command.stdout(Stdio::null()).stderr(Stdio::null());
        }
        command.spawn().map(Running).map_err(Error::file(Path::new(program)))
    }
}

/// A program that was started here.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<String> {
        self.0.try_wait().ok().flatten().map(|status| status.to_string())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The CPU time that the threads of process `id` have used, in nanoseconds: the first figure of each `schedstat`.
pub(crate) fn cpu_nanoseconds(id: u32) -> Option<u64> {
    let threads = std::fs::read_dir(format!("/proc/{id}/task")).ok()?;
    let used = threads.flatten().filter_map(|thread| {
        let schedstat = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        schedstat.split_whitespace().next()?.parse::<u64>().ok()
    });
    Some(used.sum())
}

/// The most memory that process `id` has had at once, in bytes: `VmHWM`.
pub(crate) fn peak_memory(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_has_used_cpu_and_memory() {
        let id = std::process::id();
        let before = cpu_nanoseconds(id).unwrap();
        let digits: usize = (0..200_000_u32).map(|n| n.to_string().len()).sum();
        assert!(digits > 0);
        std::thread::sleep(std::time::Duration::from_millis(20));
        assert!(cpu_nanoseconds(id).unwrap() > before);
        assert!(peak_memory(id).unwrap() > 1_000_000);
        assert_eq!(cpu_nanoseconds(u32::MAX), None);
    }
}
