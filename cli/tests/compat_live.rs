//! The compat tools against a real daemon: a cluster of one node, and the shell library that all
//! OCF agents use.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const ROTA: &str = env!("CARGO_BIN_EXE_rota");
const SHELL_LIBRARY: &str = "/usr/lib/ocf/lib/heartbeat/ocf-shellfuncs";

/// A cluster of one node; it ends with the test.
struct Cluster {
    directory: tempfile::TempDir,
    daemon: Child,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

impl Cluster {
    /// Starts one, if the daemon has been built.
    fn start() -> Option<Self> {
        let rotad = Path::new(ROTA).with_file_name("rotad");
        if !rotad.exists() {
            eprintln!("skipped: {} is not built ('cargo build -p rotad')", rotad.display());
            return None;
        }
        let directory = tempfile::tempdir().unwrap();
        let config = directory.path().join("etc");
        let port = {
            let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
            socket.local_addr().unwrap().port()
        };
        let link = format!("127.0.0.1:{port}");
        let init = Command::new(ROTA)
            .args(["cluster", "init", "--node", "n1", "--link", &link, "--no-start", "--config"])
            .arg(&config)
            .output()
            .unwrap();
        assert!(init.status.success(), "{}", String::from_utf8_lossy(&init.stderr));
        let daemon = Command::new(rotad)
            .arg("--config")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let cluster = Self { directory, daemon };
        let install =
            Command::new(ROTA).args(["compat", "install"]).arg(cluster.tools()).output().unwrap();
        assert!(install.status.success());
        let deadline = Instant::now() + Duration::from_secs(30);
        while cluster.run("crm_node -q") != (0, "1\n".to_owned()) {
            assert!(Instant::now() < deadline, "the cluster of one node has no quorum after 30 s");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(cluster)
    }

    fn tools(&self) -> PathBuf {
        self.directory.path().join("sbin")
    }

    /// Runs a line as an agent of the resource `st` would; its exit code and output.
    fn run(&self, line: &str) -> (i32, String) {
        let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", self.tools().display());
        let output = Command::new("/bin/bash")
            .args(["-c", line])
            .env("PATH", path)
            .env("ROTA_SOCKET", self.directory.path().join("etc/run/rota.sock"))
            .env("OCF_ROOT", "/usr/lib/ocf")
            // The library calls some tools by this path, and not by PATH.
            .env("HA_SBIN_DIR", self.tools())
            .env("OCF_RESOURCE_INSTANCE", "st")
            .env("OCF_RESKEY_crm_feature_set", "3.16.1")
            .env_remove("CIB_file")
            .env_remove("SHELL")
            .output()
            .unwrap();
        (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn check(&self, line: &str, code: i32, out: &str) {
        assert_eq!(self.run(line), (code, out.to_owned()), "{line}");
    }
}

#[test]
fn what_agents_call_works_on_a_cluster() {
    let Some(cluster) = Cluster::start() else { return };
    let check = |line: &str, code: i32, out: &str| cluster.check(line, code, out);
    check("crm_node -n", 0, "n1\n");
    check("crm_node -i", 0, "1\n");
    check("crm_node -l", 0, "1 n1 member\n");
    check("crm_node -l -p", 0, "n1 \n");
    // The same calls and answers as in the recording of the real tools.
    check("crm_attribute -N n1 -l reboot --name foo --quiet", 105, "");
    check("crm_attribute -N n1 -l reboot --name foo -D", 0, "");
    check("crm_attribute -N n1 -l reboot --name foo -v true", 0, "");
    check("crm_attribute -N n1 -l reboot --name foo --quiet", 0, "true\n");
    check(
        "crm_attribute -N n1 -l reboot --name foo --query",
        0,
        "scope=status  name=foo value=true\n",
    );
    check("crm_attribute -N n1 -l reboot --name neg -v -1", 0, "");
    check("crm_attribute -N n1 -l reboot --name neg -q", 0, "-1\n");
    check("crm_attribute -N n1 -l forever --name lk -v rabbit@x", 0, "");
    check("crm_attribute -N n1 -l forever --query --name lk -q", 0, "rabbit@x\n");
    check("crm_attribute -p -N n1 -v 100", 0, "");
    check("crm_attribute -p -G -N n1", 0, "scope=status  name=master-st value=100\n");
    check("crm_attribute -p -D -N n1", 0, "");
    check("crm_attribute -p -D -N n1", 0, "");
    check("crm_master -Q -l reboot -v 6", 0, "");
    check("crm_attribute --promotion -G -q", 0, "6\n");
    check("attrd_updater -p --name a1 --node n1 --query", 78, "");
    check("attrd_updater -p --name a1 --node n1 --update 5", 0, "");
    check("attrd_updater -n a1 -U a1++ -d 30s", 0, "");
    check(
        "attrd_updater -p --name a1 --node n1 --query",
        0,
        "name=\"a1\" host=\"n1\" value=\"6\"\n",
    );
    check("cibadmin -Q --xpath \"//nvpair[@name='a1']\"", 105, "");
    check("attrd_updater -n a1 -Q -A", 0, "name=\"a1\" host=\"n1\" value=\"6\"\n");
    check("attrd_updater -p -n a1 -N 1 -U 7", 0, "");
    check("attrd_updater -n a1 -Q", 0, "name=\"a1\" host=\"n1\" value=\"7\"\n");
    check("attrd_updater -p -n a1 -N far -U 7", 105, "");
    check("attrd_updater -D -S state -n a1", 64, "");
    check("attrd_updater -D -n a1", 0, "");
    check("attrd_updater -n a1 -Q", 78, "");
    check("attrd_updater -D -n never", 0, "");
    check("cibadmin -Q --xpath \"//node_state[@crmd='online']//nvpair[@name='nope']\"", 105, "");
    check(
        "cibadmin -Q --xpath \"//node_state[@crmd='online']//nvpair[@name='foo']\"",
        0,
        "<nvpair id=\"status-1-foo\" name=\"foo\" value=\"true\"/>\n",
    );
    check("crmadmin -D", 0, "Designated Controller is: n1\n");
    let (code, text) = cluster.run("crm_mon -1");
    assert_eq!(code, 0);
    assert!(text.contains("- partition with quorum\n"), "{text}");
    assert!(text.contains("  * Online: [ n1 ]\n"), "{text}");
}

#[test]
fn the_shell_library_of_the_agents_works_unmodified() {
    if !Path::new(SHELL_LIBRARY).exists() {
        eprintln!("skipped: there is no {SHELL_LIBRARY}");
        return;
    }
    let Some(cluster) = Cluster::start() else { return };
    let check = |line: &str, code: i32, out: &str| {
        cluster.check(&format!(". {SHELL_LIBRARY}; {line}"), code, out);
    };
    check("ocf_local_nodename", 0, "n1\n");
    check("ocf_promotion_score -v 5", 0, "");
    check("ocf_promotion_score -G -N n1 -q", 0, "5\n");
    check("ocf_promotion_score -D", 0, "");
    check("ocf_promotion_score -D -N n1", 0, "");
    // The library hands a copy of the CIB over in a pipe (CIB_file=/dev/fd/63).
    let line = "crm_mon_no_validation -1X | grep -c '<node name=\"n1\" .* online=\"true\"'";
    check(line, 0, "1\n");
    let make = "cibadmin -C -o resources -X '<primitive id=\"d\" class=\"ocf\" \
                provider=\"pacemaker\" type=\"Dummy\"/>'";
    check(make, 0, "");
    check("crm_resource -r d -m -p is-managed -v true -Q", 0, "");
    check("crm_resource -r d -m -g is-managed", 0, "true\n");
}
