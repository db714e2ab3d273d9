//! What an earlier life of this boot left, and how far it is believed.

use rota_ids::{NodeName, Term, Text};

use crate::local::Memory;
use crate::story::Story;

/// The memory to go on with, and what people must know of one that is not believed.
pub(crate) struct Recalled {
    pub(crate) memory: Option<Memory>,
    pub(crate) tales: Vec<Story>,
}

/// Reads what was left.
///
/// A host that was in another cluster in the same boot remembers that one's orders: taken for ours
/// they would refuse every order of ours. In the same way no token is believed from beyond the term
/// that our own log knows: whoever leads in a term is known to the log before any order of it.
pub(crate) fn recall(
    bytes: Option<&[u8]>,
    node: &NodeName,
    cluster: &Text,
    term: Term,
) -> Recalled {
    let mut tales = Vec::new();
    let memory = bytes.and_then(|bytes| match rmp_serde::from_slice::<Memory>(bytes) {
        Ok(memory) if !memory.is_of(cluster) => {
            let running = memory.running();
            tales.push(Story::OtherMemory { node: node.clone(), running });
            None
        }
        Ok(mut memory) => {
            memory.believe_up_to(term);
            Some(memory)
        }
        Err(error) => {
            let why = error.to_string().into();
            tales.push(Story::MemoryLost { node: node.clone(), why });
            None
        }
    });
    Recalled { memory, tales }
}
