//! How agents of a rough world fail: in every operation, on one host or on all.

use rota_ids::Text;

use crate::agents::Trick;
use crate::world::World;

impl World {
    pub(crate) fn strike_rough_agents(&mut self, host: usize) {
        let leaves: Vec<Text> =
            self.setup.unique().into_iter().chain(self.setup.everywhere()).collect();
        let resource = leaves[self.rng.index(leaves.len())].clone();
        if self.rng.chance(350) {
            for host in self.active(&resource) {
                self.kill_service(host, &resource);
            }
            return;
        }
        let tricks = [
            Trick::Fail,
            Trick::Hang,
            Trick::Lie,
            Trick::Slow,
            Trick::Slow,
            Trick::Error,
            Trick::Pretend,
        ];
        let trick = tricks[self.rng.index(tricks.len())];
        let operations = [
            "start",
            "stop",
            "monitor",
            "promote",
            "demote",
            "notify",
            "pre_notify_promote",
            "post_notify_start",
            "migrate_to",
            "migrate_from",
        ];
        let operation = operations[self.rng.index(operations.len())];
        // Stops that fail everywhere come with a broken package.
        let everywhere = self.rng.chance(150);
        for place in 0..self.hosts.len() {
            if everywhere || place == host {
                self.trick(place, &resource, operation, trick);
            }
        }
    }

    /// The next run of this operation of an agent on a host will go otherwise.
    pub fn trick(&mut self, host: usize, resource: &str, operation: &str, trick: Trick) {
        self.tell(format!(
            "* next {operation} of {resource} on {} will {trick:?}",
            self.name(host)
        ));
        let tricks = &mut self.hosts[host].run.services.tricks;
        tricks.insert((resource.into(), operation.into()), trick);
    }

    /// Every run of this operation of an agent goes otherwise from now on, on all hosts.
    pub fn break_package(&mut self, resource: &str, operation: &str, trick: Trick) {
        self.tell(format!("* every {operation} of {resource} will {trick:?}"));
        for host in &mut self.hosts {
            host.run.services.broken.insert((resource.into(), operation.into()), trick);
        }
    }

    /// A service dies on a host.
    pub fn kill_service(&mut self, host: usize, resource: &str) {
        self.tell(format!("* {resource} dies on {}", self.name(host)));
        let resource = Text::from(resource);
        self.hosts[host].run.services.leave(&resource);
        self.harmed(host, &resource);
    }
}
