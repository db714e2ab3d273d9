//! What people configure: `fence_ipmilan`'s names, so that a configuration can move over by
//! changing the agent's name.

use std::net::SocketAddr;
use std::time::Duration;

use rota_ids::duration::parse_limit;
use zeroize::Zeroizing;

use super::crypto::Suite;
use super::session::Login;
use crate::Error;
use crate::device::Params;
use crate::metadata::{Metadata, Parameter};

/// The agent's name.
pub const NAME: &str = "fence_rota_ipmi";

/// IPMI 2.0 limits (22.26, 22.30): longer ones are cut silently by BMCs, so they are refused.
const USER_MAX: usize = 16;
const PASSWORD_MAX: usize = 20;

const DEFAULT_PORT: u16 = 623;
const DEFAULT_LOGIN_TIMEOUT: Duration = Duration::from_secs(5);

/// Our names and the older names they replace.
const NAMES: [(&str, &[&str]); 9] = [
    ("ip", &["ipaddr"]),
    ("ipport", &["port_number"]),
    ("username", &["login"]),
    ("password", &["passwd"]),
    ("cipher", &[]),
    ("privlvl", &[]),
    ("lanplus", &[]),
    ("hexadecimal_kg", &[]),
    ("login_timeout", &[]),
];

/// Understood by other agents of the family, without meaning here: accepted so that a
/// configuration or a cluster manager that names them is not refused.
const WITHOUT_MEANING: [&str; 22] = [
    "action",
    "port",
    "plug",
    "nodename",
    "auth",
    "method",
    "power_wait",
    "power_timeout",
    "shell_timeout",
    "retry_on",
    "delay",
    "timeout",
    "disable_timeout",
    "stonith_status_sleep",
    "inet4_only",
    "inet6_only",
    "ipmitool_path",
    "sudo",
    "use_sudo",
    "sudo_path",
    "quiet",
    "verbose",
];

/// Checked parameters. Not `Debug`: the password is among them.
pub(crate) struct Options {
    host: String,
    port: u16,
    user: String,
    password: Zeroizing<String>,
    kg: Option<Zeroizing<Vec<u8>>>,
    suites: Vec<Suite>,
    privilege: u8,
    login_timeout: Duration,
}

impl Options {
    /// Reads and checks the parameters; `pcmk_*` ones belong to the fencer and are ignored.
    pub(crate) fn read(params: &Params) -> Result<Self, Error> {
        for name in params.names().filter(|name| !name.starts_with("pcmk_")) {
            let known = NAMES.iter().any(|(new, old)| *new == name || old.contains(&name));
            if !known && !WITHOUT_MEANING.contains(&name) && !name.starts_with("debug") {
                return Err(bad(name, "unknown parameter"));
            }
        }
        if !truth(get(params, "lanplus").unwrap_or("1")) {
            return Err(bad("lanplus", "only IPMI 2.0 (lanplus) is spoken"));
        }
        if params.get("method").is_some_and(|method| method != "onoff") {
            return Err(bad("method", "only onoff can be verified"));
        }
        let user = get(params, "username").unwrap_or_default();
        if user.len() > USER_MAX {
            return Err(bad("username", "longer than the 16 bytes of IPMI 2.0"));
        }
        let password = get(params, "password").unwrap_or_default();
        if password.is_empty() || password.len() > PASSWORD_MAX {
            return Err(bad("password", "IPMI 2.0 needs 1 to 20 bytes"));
        }
        let host = get(params, "ip").filter(|ip| !ip.is_empty());
        Ok(Self {
            host: host.ok_or_else(|| bad("ip", "is required"))?.to_owned(),
            port: match get(params, "ipport") {
                None => DEFAULT_PORT,
                Some(text) => text.parse().map_err(|_| bad("ipport", "not a port number"))?,
            },
            user: user.to_owned(),
            password: Zeroizing::new(password.to_owned()),
            kg: get(params, "hexadecimal_kg").map(key).transpose()?,
            suites: suites(get(params, "cipher").unwrap_or("auto"))?,
            privilege: privilege(get(params, "privlvl").unwrap_or("operator"))?,
            login_timeout: match get(params, "login_timeout") {
                None => DEFAULT_LOGIN_TIMEOUT,
                Some(text) => {
                    parse_limit(text).ok_or_else(|| bad("login_timeout", "not a time"))?
                }
            },
        })
    }

    /// Finds the address. The error is a sentence for people.
    pub(crate) async fn login(&self) -> Result<Login, String> {
        let found: Result<Vec<SocketAddr>, _> =
            tokio::net::lookup_host((self.host.as_str(), self.port)).await.map(Iterator::collect);
        let address = match found {
            Ok(addresses) => addresses.first().copied(),
            Err(error) => return Err(format!("{}: {error}", self.host)),
        };
        Ok(Login {
            address: address.ok_or_else(|| format!("{} has no address", self.host))?,
            user: self.user.clone(),
            password: Zeroizing::new(self.password.as_bytes().to_vec()),
            kg: self.kg.clone(),
            suites: self.suites.clone(),
            privilege: self.privilege,
            patience: self.login_timeout,
        })
    }
}

fn get<'a>(params: &'a Params, name: &str) -> Option<&'a str> {
    let old = NAMES.iter().find(|(new, _)| *new == name).map_or(&[][..], |(_, old)| old);
    std::iter::once(name).chain(old.iter().copied()).find_map(|name| params.get(name))
}

fn bad(parameter: &str, problem: &'static str) -> Error {
    Error::Parameter { name: parameter.into(), problem: problem.into() }
}

fn truth(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "1" | "yes" | "on" | "true")
}

fn suites(cipher: &str) -> Result<Vec<Suite>, Error> {
    match cipher {
        "auto" => Ok(vec![Suite::Seventeen, Suite::Three]),
        "17" => Ok(vec![Suite::Seventeen]),
        "3" => Ok(vec![Suite::Three]),
        _ => Err(bad("cipher", "one of 17, 3, auto; weaker ones are not spoken")),
    }
}

fn privilege(level: &str) -> Result<u8, Error> {
    match level.to_ascii_lowercase().as_str() {
        "user" => Ok(2),
        "operator" => Ok(3),
        "administrator" => Ok(4),
        _ => Err(bad("privlvl", "one of user, operator, administrator")),
    }
}

fn key(hex: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
    let wrong = || bad("hexadecimal_kg", "up to 40 hexadecimal digits, two for each byte");
    let digits = hex.trim_start_matches("0x");
    if digits.is_empty()
        || digits.len() > 40
        || !digits.len().is_multiple_of(2)
        || !digits.is_ascii()
    {
        return Err(wrong());
    }
    let byte = |i: usize| u8::from_str_radix(&digits[i..i + 2], 16).map_err(|_| wrong());
    let mut bytes =
        Zeroizing::new((0..digits.len()).step_by(2).map(byte).collect::<Result<Vec<u8>, _>>()?);
    // The BMC's key has 20 bytes, filled with zeros.
    bytes.resize(20, 0);
    Ok(bytes)
}

/// What the agent says about itself.
pub fn metadata() -> Metadata {
    let text = Parameter::string;
    Metadata {
        name: NAME.into(),
        short: "Fence agent for IPMI 2.0 BMCs (iDRAC, iLO and others), built into Rota".into(),
        long: "Speaks RMCP+ (lanplus) with cipher suites 3 and 17 only. \"off\" succeeds once the \
               power was seen off twice; a user with the OPERATOR level is enough."
            .into(),
        parameters: vec![
            text("action", "Fencing action").required().default("reboot"),
            text("ip", "Address or name of the BMC").required().obsoletes("ipaddr"),
            Parameter::integer("ipport", "UDP port of the BMC").default("623"),
            text("username", "User on the BMC, at most 16 bytes").obsoletes("login"),
            text("password", "Password, at most 20 bytes").required().obsoletes("passwd"),
            Parameter::select("cipher", "Cipher suite", &["auto", "17", "3"]).default("auto"),
            Parameter::select(
                "privlvl",
                "Privilege level of the session",
                &["operator", "administrator", "user"],
            )
            .default("operator"),
            Parameter::boolean("lanplus", "IPMI 2.0; nothing else is spoken").default("1"),
            text("hexadecimal_kg", "The BMC's own key (K_g), in hexadecimal"),
            Parameter::second("login_timeout", "Silence after which the BMC is unreachable")
                .default("5"),
            text("plug", "Accepted and ignored: a BMC has one host").obsoletes("port"),
            text("nodename", "Accepted and ignored"),
        ],
        actions: ["on", "off", "reboot", "status", "monitor", "metadata", "validate-all"]
            .map(crate::metadata::ActionInfo::plain)
            .into(),
    }
}
