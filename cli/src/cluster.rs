//! `rota cluster …`: founding, joining, leaving.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rota_ids::{NodeId, NodeName};
use rota_settings::{
    ANY_MEMBER, Authority, DEFAULT_PORT, Directory, Identity, JoinLine, LinkKey, Member, Roster,
    Settings, Timing,
};
use rota_wire::join::join_client::JoinClient;
use rota_wire::join::{JoinReply, JoinRequest};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint};

use crate::client::Client;
use crate::error::Error;
use crate::options::Options;

/// How long a join line is good unless asked otherwise.
const TOKEN_VALID: Duration = Duration::from_secs(24 * 3600);

/// How long a daemon may take to answer after its start.
const START_PATIENCE: Duration = Duration::from_secs(15);

/// How long a node may take to empty itself.
const STOP_PATIENCE: Duration = Duration::from_secs(20 * 60);

const HELP: &str = "\
rota cluster init [NAME] [--node NAME] [--link ADDRESS]... [--no-start]
    found a cluster on this host; prints the line with which others join
rota cluster join LINE [--node NAME] [--link ADDRESS]... [--no-start]
    join the cluster that printed the line
rota cluster token [--valid SECONDS]      print a new join line
rota cluster start                        start the daemon on this host
rota cluster stop                         move resources away, leave, end the daemon
rota cluster status                       nodes and quorum
rota cluster node remove NAME             take a node that is off out for good
rota cluster destroy --yes                forget the cluster on this host
rota cluster cib [FILE] | cib-push FILE   the CIB as XML (see 'rota cib')
Each takes --config DIR (/etc/rota). An address may have a port; one --link for each network.";

/// Runs `rota cluster ARGS`.
///
/// # Errors
/// With what to do about it.
pub fn run(args: &[String]) -> Result<(), Error> {
    let Some((verb, rest)) = args.split_first() else {
        out!("{HELP}");
        return Ok(());
    };
    let options = Options::parse(
        rest,
        &["config", "node", "name", "link", "valid"],
        &["no-start", "yes", "help"],
    )?;
    let place = Directory::at(options.value("config").unwrap_or("/etc/rota"));
    match verb.as_str() {
        "init" | "setup" => init(&place, &options),
        "join" => join(&place, &options),
        "token" => token(&options),
        "start" => start(&place),
        "stop" => stop(),
        "status" => crate::status::run(&[]),
        "destroy" => destroy(&place, &options),
        "node" => remove_node(options.words()),
        "cib" => crate::cib::query(options.words()),
        "cib-push" => crate::cib::replace(options.words()),
        "help" | "--help" | "-h" => {
            out!("{HELP}");
            Ok(())
        }
        other => Err(Error::Usage(format!("there is no 'rota cluster {other}'\n\n{HELP}"))),
    }
}

fn init(place: &Directory, options: &Options) -> Result<(), Error> {
    refuse_second_cluster(place)?;
    let name = options.value("name").or(options.words().first().map(String::as_str));
    let name = name.unwrap_or("rota");
    let settings = Settings {
        cluster: name.to_owned(),
        node: node_name(options)?,
        node_id: NodeId(1),
        links: links(options)?,
        bind: Vec::new(),
        founder: true,
        state_dir: state_dir(place),
        run_dir: run_dir(place),
        tools_dir: tools_dir(),
        ocf_root: None,
        agent_env: std::collections::BTreeMap::new(),
        timing: Timing::default(),
    };
    let authority = Authority::found(name)?;
    let identity = authority.issue(settings.node_id)?;
    let me = Member {
        node_id: settings.node_id,
        name: settings.node.clone(),
        links: settings.links.clone(),
    };
    let roster = Roster { members: vec![me] };
    place.provision(&settings, &authority, &identity, &LinkKey::random()?, &roster)?;
    out!("Cluster {name} is founded; this host is its node {}.", settings.node);
    if options.has("no-start") {
        out!("Start it with 'rota cluster start', then 'rota cluster token' lets others in.");
        return Ok(());
    }
    start(place)?;
    out!("\nRun this on another host to let it in (good once, for a day):\n");
    token(options)
}

fn join(place: &Directory, options: &Options) -> Result<(), Error> {
    refuse_second_cluster(place)?;
    let word = options.words().last().ok_or_else(|| {
        Error::Usage("give the line that 'rota cluster token' printed on a member".to_owned())
    })?;
    let line: JoinLine = word.parse()?;
    let node = node_name(options)?;
    let links = links(options)?;
    let (key, csr) = Identity::request()?;
    let request = JoinRequest {
        secret: line.secret.to_vec(),
        name: node.clone(),
        links: links.iter().map(ToString::to_string).collect(),
        csr,
    };
    let reply = ask_to_join(&line, &request)?;
    let link_key: [u8; 32] = reply.link_key.as_slice().try_into().map_err(|_| {
        Error::Refused("the member's answer is odd: its link key has another length".to_owned())
    })?;
    let settings = Settings {
        cluster: reply.cluster_name.clone(),
        node,
        node_id: NodeId(reply.node_id),
        links,
        bind: Vec::new(),
        founder: false,
        state_dir: state_dir(place),
        run_dir: run_dir(place),
        tools_dir: tools_dir(),
        ocf_root: None,
        agent_env: std::collections::BTreeMap::new(),
        timing: Timing::default(),
    };
    let authority =
        Authority { certificate: reply.ca_certificate_pem.clone(), key: reply.ca_key_pem.clone() };
    let identity = Identity { certificate: reply.certificate_pem.clone(), key };
    place.provision(&settings, &authority, &identity, &LinkKey(link_key), &roster(&reply)?)?;
    out!("This host is node {} of cluster {}.", settings.node, settings.cluster);
    if options.has("no-start") { Ok(()) } else { start(place) }
}

fn roster(reply: &JoinReply) -> Result<Roster, Error> {
    let members = reply
        .members
        .iter()
        .map(|member| {
            let links = member.links.iter().map(|l| l.parse()).collect::<Result<_, _>>();
            Ok(Member {
                node_id: NodeId(member.node_id),
                name: member.name.clone(),
                links: links.map_err(|_| {
                    Error::Refused(format!("node {} has an odd address", member.name))
                })?,
            })
        })
        .collect::<Result<_, Error>>()?;
    Ok(Roster { members })
}

/// Asks one member after the other. The line names the only authority that is believed.
fn ask_to_join(line: &JoinLine, request: &JoinRequest) -> Result<JoinReply, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::File(format!("cannot start: {error}")))?;
    let mut failures = Vec::new();
    for address in &line.addresses {
        match runtime.block_on(knock(*address, line, request)) {
            Ok(reply) => return Ok(reply),
            Err(status) if status.code() == tonic::Code::Unavailable => {
                failures.push(format!("{address}: {}", status.message()));
            }
            Err(status) => return Err(Error::Refused(status.message().to_owned())),
        }
    }
    Err(Error::NoDaemon(format!(
        "no member can be reached: {}. Is TCP port {DEFAULT_PORT} open between the hosts, and UDP \
         too?",
        failures.join("; ")
    )))
}

async fn knock(
    address: SocketAddr,
    line: &JoinLine,
    request: &JoinRequest,
) -> Result<JoinReply, tonic::Status> {
    let unavailable = |error: tonic::transport::Error| {
        let mut deepest: &dyn std::error::Error = &error;
        while let Some(source) = deepest.source() {
            deepest = source;
        }
        tonic::Status::unavailable(deepest.to_string())
    };
    let tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(&line.ca_certificate))
        .domain_name(ANY_MEMBER);
    let channel = Endpoint::from_shared(format!("https://{address}"))
        .and_then(|endpoint| endpoint.tls_config(tls))
        .map_err(unavailable)?
        .connect_timeout(Duration::from_secs(3))
        .connect()
        .await
        .map_err(unavailable)?;
    Ok(JoinClient::new(channel).join(request.clone()).await?.into_inner())
}

fn token(options: &Options) -> Result<(), Error> {
    let valid = match options.value("valid") {
        None => TOKEN_VALID,
        Some(word) => Duration::from_secs(
            word.parse()
                .map_err(|_| Error::Usage(format!("--valid {word}: give a number of seconds")))?,
        ),
    };
    let line = Client::connect()?.token(valid)?;
    out!("rota cluster join {line}");
    Ok(())
}

/// Starts the daemon below its own supervisor and waits until it answers.
fn start(place: &Directory) -> Result<(), Error> {
    if Client::connect().is_ok() {
        out!("The daemon runs already.");
        return Ok(());
    }
    if !place.is_provisioned() {
        return Err(Error::Refused(
            "this host belongs to no cluster: 'rota cluster init' founds one, 'rota cluster join' \
             joins one"
                .to_owned(),
        ));
    }
    let log = log_file(place)?;
    let errors = log.try_clone().map_err(|error| Error::File(error.to_string()))?;
    let program = sibling("rotad");
    Command::new(&program)
        .arg("supervise")
        .arg("--config")
        .arg(place.path())
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .spawn()
        .map_err(|error| Error::File(format!("starting {}: {error}", program.display())))?;
    let deadline = Instant::now() + START_PATIENCE;
    while Instant::now() < deadline {
        if Client::connect().and_then(|mut client| client.status_json()).is_ok() {
            out!("The daemon is up.");
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(Error::NoDaemon(format!(
        "the daemon does not come up; its log {} says why",
        log_path(place).display()
    )))
}

fn stop() -> Result<(), Error> {
    Client::connect()?.stop()?;
    out!("Moving resources away …");
    let deadline = Instant::now() + STOP_PATIENCE;
    while Instant::now() < deadline {
        if Client::connect().is_err() {
            out!("This node has left and its daemon has ended.");
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Err(Error::TimedOut("the node is not empty yet; 'rota status' says what is left".to_owned()))
}

fn destroy(place: &Directory, options: &Options) -> Result<(), Error> {
    if Client::connect().is_ok() {
        return Err(Error::Refused(
            "the daemon runs: leave in peace first, with 'rota cluster stop'".to_owned(),
        ));
    }
    if !options.has("yes") {
        return Err(Error::Refused(format!(
            "this forgets the cluster on this host: {} and the log in {}. Say so with --yes",
            place.path().display(),
            state_dir(place).display()
        )));
    }
    let (state, run) = place.settings().map_or_else(
        |_| (state_dir(place), run_dir(place)),
        |settings| (settings.state_dir, settings.run_dir),
    );
    // What this boot remembers of the cluster goes with it, or the next one would stumble over it.
    for path in [state.as_path(), run.as_path(), place.path()] {
        match std::fs::remove_dir_all(path) {
            Ok(()) => out!("{} is gone.", path.display()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::File(format!("{}: {error}", path.display()))),
        }
    }
    Ok(())
}

fn remove_node(words: &[String]) -> Result<(), Error> {
    match words {
        [verb, node] if verb == "remove" || verb == "delete" => {
            Client::connect()?.remove_node(node)?;
            out!("{node} is no longer a node of this cluster.");
            Ok(())
        }
        _ => Err(Error::Usage("rota cluster node remove NAME".to_owned())),
    }
}

fn refuse_second_cluster(place: &Directory) -> Result<(), Error> {
    if !place.is_provisioned() {
        return Ok(());
    }
    Err(Error::Refused(format!(
        "this host belongs to a cluster already ({}). 'rota cluster destroy' forgets it",
        place.settings_path().display()
    )))
}

fn node_name(options: &Options) -> Result<String, Error> {
    let name = match options.value("node") {
        Some(name) => name.to_owned(),
        None => nix::unistd::gethostname()
            .map_err(|error| Error::File(format!("this host's name: {error}")))?
            .to_string_lossy()
            .into_owned(),
    };
    NodeName::from(name.as_str())
        .check()
        .map_err(|why| Error::Usage(format!("{why}; give another with --node")))?;
    Ok(name)
}

/// The addresses given, or the first address of this host that others can reach.
fn links(options: &Options) -> Result<Vec<SocketAddr>, Error> {
    let given = options.values("link");
    if given.is_empty() {
        return own_address().map(|ip| vec![SocketAddr::new(ip, DEFAULT_PORT)]);
    }
    given
        .iter()
        .map(|text| {
            text.parse::<SocketAddr>()
                .or_else(|_| text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, DEFAULT_PORT)))
                .map_err(|_| {
                    Error::Usage(format!("--link {text}: give an IP address of this host"))
                })
        })
        .collect()
}

fn own_address() -> Result<IpAddr, Error> {
    let interfaces = nix::ifaddrs::getifaddrs()
        .map_err(|error| Error::File(format!("this host's addresses: {error}")))?;
    interfaces
        .filter_map(|interface| interface.address)
        .filter_map(|address| address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip())))
        .find(|ip| !ip.is_loopback())
        .ok_or_else(|| {
            Error::Usage("this host has no address that others could reach; give --link".to_owned())
        })
}

/// Below another configuration directory everything else is kept beside it (sandbox, tests).
fn state_dir(place: &Directory) -> PathBuf {
    if place.path() == Path::new("/etc/rota") {
        "/var/lib/rota".into()
    } else {
        place.path().join("state")
    }
}

fn run_dir(place: &Directory) -> PathBuf {
    if place.path() == Path::new("/etc/rota") {
        "/run/rota".into()
    } else {
        place.path().join("run")
    }
}

fn log_path(place: &Directory) -> PathBuf {
    if place.path() == Path::new("/etc/rota") {
        "/var/log/rota/rotad.log".into()
    } else {
        place.path().join("rotad.log")
    }
}

fn log_file(place: &Directory) -> Result<std::fs::File, Error> {
    let path = log_path(place);
    let explain = |error: std::io::Error| Error::File(format!("{}: {error}", path.display()));
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(explain)?;
    }
    std::fs::OpenOptions::new().create(true).append(true).open(&path).map_err(explain)
}

/// The directory of links to this program under the names that agents call, when it was made.
fn tools_dir() -> Option<PathBuf> {
    let dir = sibling("tools");
    dir.is_dir().then_some(dir)
}

/// A program of ours: beside this one, or wherever PATH has it.
pub fn sibling(name: &str) -> PathBuf {
    std::env::current_exe()
        .ok()
        .and_then(|me| me.parent().map(|dir| dir.join(name)))
        .filter(|path| path.exists())
        .unwrap_or_else(|| PathBuf::from(name))
}
