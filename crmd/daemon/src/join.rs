//! The door for newcomers.

use std::net::SocketAddr;

use rota_node::{Ask, Told};
use rota_settings::{Directory, SECRET_LEN, secret_digest};
use rota_wire::join::join_server::Join;
use rota_wire::join::{JoinReply, JoinRequest, Member};
use tonic::{Request, Response, Status};

use crate::node_loop::Inputs;

/// Lets newcomers in that bring a good secret.
pub struct Door {
    /// The node.
    pub inputs: Inputs,
    /// This host's files: the authority and the link key are handed on.
    pub directory: Directory,
    /// The cluster's name.
    pub cluster: String,
}

#[tonic::async_trait]
impl Join for Door {
    async fn join(&self, request: Request<JoinRequest>) -> Result<Response<JoinReply>, Status> {
        let request = request.into_inner();
        if request.secret.len() != SECRET_LEN || request.name.is_empty() {
            return Err(Status::invalid_argument("this is no join request"));
        }
        let links = request
            .links
            .iter()
            .map(|link| link.parse::<SocketAddr>())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| Status::invalid_argument("a link is no address with a port"))?;
        // Whether the request is well-formed is found out before the secret is used up.
        let authority = self.directory.authority().map_err(internal)?;
        let trial = authority.sign(&request.csr, rota_ids::NodeId(0));
        trial.map_err(|_| Status::invalid_argument("the certificate request is not one"))?;

        let ask = Ask::Admit {
            digest: secret_digest(&request.secret),
            name: request.name.as_str().into(),
            links,
        };
        let (newcomer, members) = match self.inputs.ask(ask).await {
            Some(Told::Admitted { newcomer, members }) => (newcomer, members),
            Some(Told::Refused(why)) => return Err(Status::permission_denied(why.to_string())),
            Some(Told::Done(_) | Told::Idle) | None => {
                return Err(Status::unavailable("this node is about to end; ask another member"));
            }
        };
        tracing::info!(name = %newcomer.name, id = %newcomer.id, "a newcomer is let in");
        let certificate = authority.sign(&request.csr, newcomer.id).map_err(internal)?;
        let members = members
            .into_iter()
            .map(|member| Member {
                node_id: member.id.0,
                name: member.name.to_string(),
                links: member.links.iter().map(ToString::to_string).collect(),
            })
            .collect();
        Ok(Response::new(JoinReply {
            node_id: newcomer.id.0,
            cluster_name: self.cluster.clone(),
            ca_certificate_pem: authority.certificate,
            ca_key_pem: authority.key,
            certificate_pem: certificate,
            link_key: self.directory.link_key().map_err(internal)?.0.to_vec(),
            members,
        }))
    }
}

fn internal(error: rota_settings::Error) -> Status {
    tracing::error!(%error, "a newcomer cannot be let in");
    Status::internal("this node's own files are damaged; its log says more")
}
