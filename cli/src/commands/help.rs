//! What each area of commands can do, a line a command.

/// The help for an area; none if there is no such area.
pub(super) fn of(area: &str) -> Option<&'static str> {
    match area {
        "resource" => Some(RESOURCE),
        "stonith" => Some(STONITH),
        "constraint" => Some(CONSTRAINT),
        "node" => Some(NODE),
        "property" => Some(PROPERTY),
        "tag" => Some(TAG),
        _ => None,
    }
}

const RESOURCE: &str = "\
rota resource create ID [CLASS:[PROVIDER:]]AGENT [NAME=VALUE…] [op ACTION NAME=VALUE…]… [meta NAME=VALUE…]
    [clone [ID] [NAME=VALUE…] | promotable [ID] [NAME=VALUE…] | --group GROUP [--before|--after ID] | bundle ID]
    [--disabled] [--no-default-ops]
rota resource update ID [NAME=VALUE…] [op ACTION NAME=VALUE…]… [meta NAME=VALUE…]    an empty value removes
rota resource delete ID…                      with all that is inside and all that refers to it
rota resource config [ID…] [--show-secrets]
rota resource enable | disable ID…
rota resource why ID [NODE] [--output-format json]    what puts it here and keeps it off there, and what to do
rota resource move ID [NODE] [--promoted]     without a lasting constraint
rota resource move-with-constraint ID [NODE] [lifetime=TIME]
rota resource ban ID [NODE] [lifetime=TIME] [--promoted]
rota resource clear ID [NODE] [--promoted] [--expired]
rota resource meta ID NAME=VALUE…
rota resource op add | remove ID ACTION [NAME=VALUE…]
rota resource group add GROUP ID… [--before|--after ID] | remove GROUP [ID…] | list
rota resource clone | promotable ID [CLONE-ID] [NAME=VALUE…]
rota resource unclone ID
rota resource manage | unmanage ID… [--monitor]
rota resource utilization [ID [NAME=VALUE…]]
rota resource defaults | op defaults [update NAME=VALUE… | set create|update|delete …]
rota resource cleanup | refresh [ID] [node=NODE] [operation=ACTION [interval=TIME]]
rota resource failcount [show|reset] [ID] [node=NODE] [operation=ACTION [interval=TIME]] [--full]
With --wait[=TIME] the command returns when the cluster has settled, with --force it does what it doubts.";

const STONITH: &str = "\
rota stonith create ID AGENT [NAME=VALUE…] [op ACTION NAME=VALUE…]… [meta NAME=VALUE…] [--disabled]
rota stonith update ID [NAME=VALUE…] [op ACTION NAME=VALUE…]… [meta NAME=VALUE…]
rota stonith delete | enable | disable ID…
rota stonith config [ID…] [--show-secrets]
rota stonith level add LEVEL TARGET DEVICE… [id=ID]     TARGET: a node, regexp%PATTERN, attrib%NAME=VALUE
rota stonith level remove LEVEL [target TARGET] [stonith DEVICE…]
rota stonith level clear [target TARGET | stonith DEVICE…] | verify | config
rota stonith cleanup | refresh [ID] [node=NODE]
rota stonith fence NODE [--off | --on]
rota stonith confirm NODE                                say so only when you know that it is off
rota stonith history [NODE]";

const CONSTRAINT: &str = "\
rota constraint config [--full]
rota constraint location RESOURCE prefers | avoids NODE[=SCORE]…
rota constraint location RESOURCE rule [resource-discovery=…] [role=ROLE] [score=SCORE | score-attribute=NAME]
    [id=ID] [constraint-id=ID] EXPRESSION            such as: rack eq a and date gt 2030-01-01
rota constraint location add ID RESOURCE NODE [score=SCORE] [resource-discovery=…] | remove ID…
rota constraint order [ACTION] RESOURCE then [ACTION] RESOURCE [kind=KIND] [symmetrical=BOOL] [id=ID]
rota constraint order set RESOURCE… [OPTIONS] [set …] [setoptions …] | remove RESOURCE…
rota constraint colocation add [ROLE] RESOURCE with [ROLE] RESOURCE [score=SCORE] [id=ID]
rota constraint colocation set RESOURCE… [OPTIONS] [set …] [setoptions …] | remove RESOURCE RESOURCE
rota constraint ticket add TICKET [ROLE] RESOURCE [loss-policy=POLICY] | set … | remove TICKET RESOURCE
rota constraint ref RESOURCE…                        which constraints name it
rota constraint delete ID…";

const NODE: &str = "\
rota node standby | unstandby [NODE… | --all]            this node, if none is named
rota node maintenance | unmaintenance [NODE… | --all]
rota node attribute [NODE [NAME=VALUE…]] [--name NAME]   an empty value removes
rota node utilization [NODE [NAME=VALUE…]] [--name NAME]";

const PROPERTY: &str = "\
rota property set NAME=VALUE… [--force]                  an empty value removes
rota property unset NAME…
rota property config [NAME…] [--all | --defaults]
rota property describe | defaults [NAME…]";

const TAG: &str = "\
rota tag create TAG ID…
rota tag update TAG [add ID… [--before|--after ID]] [remove ID…]
rota tag delete TAG…
rota tag config [TAG…]";
