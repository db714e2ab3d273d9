//! Talks to fence devices: our IPMI client, upstream fence agents.
