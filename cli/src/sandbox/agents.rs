//! The agents and the configuration that a new sandbox gets.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use rota_cib::change::{Change, ReplaceConfig};
use rota_cib::{Config, xml};

use super::place::{CACHE_PORT, Host, Place, WEB_PORT, file};
use crate::client::Client;
use crate::error::Error;

const SCRIPT: &str = include_str!("agents/service.sh");

/// The user of the BMCs. Their password is made anew for each sandbox.
pub const BMC_USER: &str = "rota";

/// Writes the OCF agents into the sandbox; the root that holds them.
///
/// # Errors
/// When the file system refuses.
pub fn install(place: &Place) -> Result<std::path::PathBuf, Error> {
    let root = place.dir().join("ocf");
    let dir = root.join("resource.d/rota-sandbox");
    fs::create_dir_all(&dir).map_err(|error| file("creating", &dir, &error))?;
    for name in ["web", "address"] {
        let path = dir.join(name);
        fs::write(&path, SCRIPT)
            .and_then(|()| fs::set_permissions(&path, Permissions::from_mode(0o755)))
            .map_err(|error| file("writing", &path, &error))?;
    }
    Ok(root)
}

/// Puts the sandbox's resources into the cluster's configuration, beside what is there.
///
/// # Errors
/// When the cluster refuses.
pub fn configure(client: &mut Client, place: &Place, password: &str) -> Result<(), Error> {
    let wanted = parse(&document(place, password))?;
    let mut config = client.cib()?.config;
    config.properties = wanted.properties;
    config.rsc_defaults = wanted.rsc_defaults;
    config.resources = wanted.resources;
    config.constraints = wanted.constraints;
    let change = ReplaceConfig { config: Box::new(config), ..ReplaceConfig::default() };
    client.change(&Change::ReplaceConfig(change))?;
    Ok(())
}

fn parse(document: &str) -> Result<Config, Error> {
    xml::read(document.as_bytes())
        .map(|cib| cib.config)
        .map_err(|error| Error::Refused(format!("the sandbox's own configuration: {error}")))
}

fn document(place: &Place, password: &str) -> String {
    let mut resources = String::new();
    let mut constraints = String::new();
    for host in Host::ALL {
        let device = format!("bmc-{}", host.name());
        resources.push_str(&primitive(
            &device,
            r#"class="stonith" type="fence_rota_ipmi""#,
            "60s",
            &[
                ("ip", &place.bmc(host).ip().to_string()),
                ("ipport", &place.bmc(host).port().to_string()),
                ("username", BMC_USER),
                ("password", password),
                ("cipher", "17"),
                ("pcmk_host_list", &host.name()),
            ],
        ));
        // A host that is to be fenced cannot be trusted to do it.
        constraints.push_str(&format!(
            r#"<rsc_location id="{device}-not-at-home" rsc="{device}" node="{}" score="-INFINITY"/>"#,
            host.name()
        ));
    }
    let agent = |name| format!(r#"class="ocf" provider="rota-sandbox" type="{name}""#);
    let (web, cache) = (WEB_PORT.to_string(), CACHE_PORT.to_string());
    resources.push_str(&format!(
        r#"<group id="front">{}{}</group><clone id="cache-clone">{}</clone>"#,
        primitive(
            "address",
            &agent("address"),
            "1s",
            &[("ip", &place.service().ip().to_string()), ("port", &web)]
        ),
        primitive("web", &agent("web"), "1s", &[("port", &web)]),
        primitive("cache", &agent("web"), "5s", &[("port", &cache)]),
    ));
    format!(
        r#"<cib validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="0">
<configuration>
<crm_config><cluster_property_set id="cib-bootstrap-options">
<nvpair id="o-fencing" name="stonith-enabled" value="true"/>
</cluster_property_set></crm_config>
<nodes/><resources>{resources}</resources><constraints>{constraints}</constraints>
<rsc_defaults><meta_attributes id="rsc-options">
<nvpair id="rsc-options-stickiness" name="resource-stickiness" value="1"/>
</meta_attributes></rsc_defaults>
</configuration><status/></cib>"#
    )
}

fn primitive(id: &str, agent: &str, interval: &str, params: &[(&str, &str)]) -> String {
    let params: String = params
        .iter()
        .map(|(name, value)| format!(r#"<nvpair id="{id}-{name}" name="{name}" value="{value}"/>"#))
        .collect();
    format!(
        r#"<primitive id="{id}" {agent}><instance_attributes id="{id}-params">{params}</instance_attributes>
<operations><op id="{id}-monitor" name="monitor" interval="{interval}" timeout="20s"/></operations></primitive>"#
    )
}
