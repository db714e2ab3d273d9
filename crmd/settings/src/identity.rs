//! Certificates and keys: who a node is, and who says so.

use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DnType, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PKCS_ED25519,
};
use rota_ids::NodeId;

use crate::files::Error;

/// The name in a node's certificate, by which its peers know it.
pub fn server_name(node: NodeId) -> String {
    format!("node-{node}.rota")
}

/// The name that every node's certificate has too: a newcomer knows the cluster, but not yet the
/// numbers of its nodes.
pub const ANY_MEMBER: &str = "member.rota";

/// Whose certificate (DER) this is; none when it is not one that [`Authority`] gives to nodes.
///
/// The caller must have checked the signature.
pub fn node_of_certificate(der: &[u8]) -> Option<NodeId> {
    let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
    let name = certificate.subject().iter_common_name().next()?.as_str().ok()?;
    let number = name.strip_prefix("node-")?.strip_suffix(".rota")?;
    number.parse().ok().map(NodeId)
}

/// The cluster's certificate authority. Each full node has it, so that each can let others in.
#[derive(Clone)]
pub struct Authority {
    /// The certificate, PEM.
    pub certificate: String,
    /// The private key, PEM.
    pub key: String,
}

/// A node's own certificate and key.
#[derive(Clone)]
pub struct Identity {
    /// The certificate, PEM.
    pub certificate: String,
    /// The private key, PEM.
    pub key: String,
}

/// The key that seals datagrams between the nodes.
#[derive(Clone)]
pub struct LinkKey(pub [u8; 32]);

impl LinkKey {
    /// A new random key.
    ///
    /// # Errors
    /// When the kernel gives no randomness.
    pub fn random() -> Result<Self, Error> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|source| Error::Random { source })?;
        Ok(Self(key))
    }
}

impl Authority {
    /// Founds the authority of a new cluster.
    ///
    /// # Errors
    /// When the keys cannot be made.
    pub fn found(cluster: &str) -> Result<Self, Error> {
        let key = KeyPair::generate_for(&PKCS_ED25519).map_err(Error::certificate)?;
        let mut params = CertificateParams::new(Vec::new()).map_err(Error::certificate)?;
        params.distinguished_name.push(DnType::CommonName, format!("Rota cluster {cluster}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key).map_err(Error::certificate)?;
        Ok(Self { certificate: certificate.pem(), key: key.serialize_pem() })
    }

    /// A certificate for a node whose key is made here (the founder's own).
    ///
    /// # Errors
    /// When the authority's files are damaged.
    pub fn issue(&self, node: NodeId) -> Result<Identity, Error> {
        let key = KeyPair::generate_for(&PKCS_ED25519).map_err(Error::certificate)?;
        let issuer = self.issuer()?;
        let certificate =
            node_params(node)?.signed_by(&key, &issuer).map_err(Error::certificate)?;
        Ok(Identity { certificate: certificate.pem(), key: key.serialize_pem() })
    }

    /// A certificate for a newcomer's request. Only the key is taken from the request: the name
    /// is ours to give.
    ///
    /// # Errors
    /// When the request cannot be read or does not prove possession of its key.
    pub fn sign(&self, request: &[u8], node: NodeId) -> Result<String, Error> {
        let request = CertificateSigningRequestParams::from_der(&request.to_vec().into())
            .map_err(Error::certificate)?;
        let certificate = node_params(node)?
            .signed_by(&request.public_key, &self.issuer()?)
            .map_err(Error::certificate)?;
        Ok(certificate.pem())
    }

    fn issuer(&self) -> Result<Issuer<'static, KeyPair>, Error> {
        let key = KeyPair::from_pem(&self.key).map_err(Error::certificate)?;
        Issuer::from_ca_cert_pem(&self.certificate, key).map_err(Error::certificate)
    }
}

impl Identity {
    /// A new key and the request (DER) to have it certified.
    ///
    /// # Errors
    /// When the key cannot be made.
    pub fn request() -> Result<(String, Vec<u8>), Error> {
        let key = KeyPair::generate_for(&PKCS_ED25519).map_err(Error::certificate)?;
        let params = CertificateParams::new(Vec::new()).map_err(Error::certificate)?;
        let request = params.serialize_request(&key).map_err(Error::certificate)?;
        Ok((key.serialize_pem(), request.der().to_vec()))
    }
}

fn node_params(node: NodeId) -> Result<CertificateParams, Error> {
    let mut params = CertificateParams::new(vec![server_name(node), ANY_MEMBER.to_owned()])
        .map_err(Error::certificate)?;
    params.distinguished_name.push(DnType::CommonName, server_name(node));
    Ok(params)
}
