//! Migrations under way: what is known of them when the source's history is lost.

use std::collections::BTreeSet;

use rota_ids::{NodeName, Text, WallTime};

use crate::book;
use crate::entry::OperationResult;

use super::{ClusterState, Migration, News};

impl ClusterState {
    /// A migration is over when its target tells of it itself; when the source stops the resource
    /// before, the target must be looked at.
    pub(super) fn migration_result(
        &mut self,
        result: &OperationResult,
        at: WallTime,
        news: &mut Vec<News>,
    ) -> Result<(), Text> {
        let operation = result.record.operation.as_str();
        if matches!(operation, "start" | "stop" | "migrate_from") {
            self.migrations
                .retain(|open| open.resource != result.resource || open.target != result.node);
        }
        if operation == "stop" && result.record.rc == 0 {
            let is_from_here =
                |open: &Migration| open.resource == result.resource && open.source == result.node;
            self.look_at_targets(is_from_here, at, news)?;
        }
        Ok(())
    }

    /// The history of a node is gone, and with it all that was known of migrations from there.
    pub(super) fn migrations_from(
        &mut self,
        node: &NodeName,
        at: WallTime,
        news: &mut Vec<News>,
    ) -> Result<(), Text> {
        self.look_at_targets(|open| open.source == *node, at, news)
    }

    /// The targets' histories of the resource are forgotten: before it is started anywhere they
    /// are asked whether it runs there. The news come first: a plan that does not know it must
    /// order nothing more.
    pub(super) fn look_at_targets(
        &mut self,
        is_meant: impl Fn(&Migration) -> bool,
        at: WallTime,
        news: &mut Vec<News>,
    ) -> Result<(), Text> {
        let (meant, kept) = std::mem::take(&mut self.migrations).into_iter().partition(is_meant);
        self.migrations = kept;
        let meant: BTreeSet<Migration> = meant;
        for Migration { resource, target, .. } in meant {
            let Some(id) = self.node_named(&target).map(|member| member.id) else { continue };
            self.change(&book::forget_history(id, &resource), at)?;
            news.push(News::Status);
        }
        Ok(())
    }
}
