//! A host's files survive being written and read, and say so when they do not.

use rota_ids::NodeId;
use rota_settings::{
    Authority, Directory, Identity, JoinLine, LinkKey, Member, Roster, Settings, Timing,
};

fn settings() -> Settings {
    Settings {
        cluster: "lab".to_owned(),
        node: "n1".to_owned(),
        node_id: NodeId(1),
        links: vec![([127, 0, 0, 1], 7610).into()],
        bind: vec![([127, 0, 1, 1], 7610).into()],
        founder: true,
        state_dir: "/var/lib/rota".into(),
        run_dir: "/run/rota".into(),
        tools_dir: None,
        ocf_root: None,
        agent_env: [("http_proxy".to_owned(), "none".to_owned())].into(),
        timing: Timing { heartbeat_ms: Some(40), lost_after_ms: None },
    }
}

#[test]
fn a_provisioned_host_finds_everything_again() {
    let dir = tempfile::tempdir().unwrap();
    let directory = Directory::at(dir.path().join("rota"));
    assert!(!directory.is_provisioned());
    let authority = Authority::found("lab").unwrap();
    let identity = authority.issue(NodeId(1)).unwrap();
    let key = LinkKey::random().unwrap();
    let links = settings().links;
    let roster =
        Roster { members: vec![Member { node_id: NodeId(1), name: "n1".to_owned(), links }] };
    directory.provision(&settings(), &authority, &identity, &key, &roster).unwrap();

    assert!(directory.is_provisioned());
    assert_eq!(directory.settings().unwrap(), settings());
    assert_eq!(directory.roster().unwrap(), roster);
    assert_eq!(directory.link_key().unwrap().0, key.0);
    assert_eq!(directory.identity().unwrap().certificate, identity.certificate);
}

#[test]
fn secrets_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::found("lab").unwrap();
    let identity = authority.issue(NodeId(1)).unwrap();
    Directory::at(dir.path())
        .provision(
            &settings(),
            &authority,
            &identity,
            &LinkKey::random().unwrap(),
            &Roster::default(),
        )
        .unwrap();
    for secret in ["ca.key", "node.key", "link.key"] {
        let mode = dir.path().join(secret).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{secret} has mode {mode:o}");
    }
}

#[test]
fn a_field_that_nobody_knows_is_an_error_that_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let text = "cluster = 'a'\nnode = 'b'\nnode_id = 1\nlinks = []\nstate_dir = '/x'\nrun_dir = '/y'\ntokn = 3\n";
    std::fs::write(dir.path().join("rotad.toml"), text).unwrap();
    let error = Directory::at(dir.path()).settings().unwrap_err().to_string();
    assert!(error.contains("tokn"), "{error}");
}

#[test]
fn a_newcomers_request_is_certified_under_the_name_that_the_cluster_gives() {
    let authority = Authority::found("lab").unwrap();
    let (_key, request) = Identity::request().unwrap();
    assert!(authority.sign(&request, NodeId(2)).unwrap().contains("BEGIN CERTIFICATE"));
    assert!(authority.sign(b"nonsense", NodeId(2)).is_err());
}

#[test]
fn a_join_line_is_one_word_and_says_when_it_was_cut_off() {
    let authority = Authority::found("lab").unwrap();
    let line =
        JoinLine::new(vec!["10.0.0.1:7610".parse().unwrap()], authority.certificate).unwrap();
    let word = line.encode().unwrap();
    assert!(!word.contains(char::is_whitespace));
    assert!(word.parse::<JoinLine>().unwrap() == line);
    let cut = word[..word.len() - 9].parse::<JoinLine>().err().unwrap().to_string();
    assert!(cut.contains("rota cluster token"), "{cut}");
}
