//! Who sent this request?

use std::{net::IpAddr, sync::Arc};

use crate::{
    Access, AuthenticateError, Credential, Entrance, Identity, Principal,
    metrics::TokenLookup,
    token::{self, TokenFault},
    verified::VerifiedToken,
};

impl Identity {
    /// Who the credential stands for. No credential is the anonymous principal, a
    /// bad one an error. `source` is where the request came from.
    ///
    /// A token costs one HMAC when it was seen before and two, with its parsing, when not; a
    /// remembered user and password cost one HMAC, new ones a password check.
    pub async fn authenticate(
        &self,
        credential: Credential<'_>,
        source: IpAddr,
    ) -> Result<Principal, AuthenticateError> {
        match credential {
            Credential::None => Ok(Principal::anonymous()),
            Credential::Token(token) => self.authenticate_token(token),
            Credential::Password { username, password } => {
                let user = self.check_password(username, password, source).await?;
                Ok(self.live.read().principal(&user))
            }
        }
    }

    /// What a door asks. At an entrance that asks for a login this is
    /// [`Self::authenticate`], and no credential is refused. At an open one nobody
    /// is refused: a good token says who it is, and anything else is anonymous, so
    /// that clients with credentials for elsewhere still work.
    pub async fn admit(
        &self,
        entrance: Entrance,
        credential: Credential<'_>,
        source: IpAddr,
    ) -> Result<Principal, AuthenticateError> {
        match (self.settings.access(entrance), credential) {
            (Access::Login, Credential::None) => Err(AuthenticateError::Missing),
            (Access::Login, given) => self.authenticate(given, source).await,
            (Access::Open, Credential::Token(token)) => {
                Ok(self.authenticate_token(token).unwrap_or_else(|_| Principal::anonymous()))
            }
            // No reason to spend a password check on what changes nothing.
            (Access::Open, _) => Ok(Principal::anonymous()),
        }
    }

    fn authenticate_token(&self, token: &str) -> Result<Principal, AuthenticateError> {
        let now = self.clock.wall();
        let directory = self.live.read();
        let keys = directory.signing().ok_or(AuthenticateError::InvalidToken)?;
        let digest = self.verified.token_digest(token).ok_or(AuthenticateError::InvalidToken)?;
        let known = self.verified.token(&digest).filter(|known| keys.accept(now, known.key));
        let verified = match known {
            Some(known) => {
                self.metrics.token(TokenLookup::Remembered);
                known
            }
            None => {
                self.metrics.token(TokenLookup::Verified);
                let (claims, key) = token::read(keys, now, token).map_err(|fault| match fault {
                    TokenFault::Invalid => AuthenticateError::InvalidToken,
                    TokenFault::Expired => AuthenticateError::ExpiredToken,
                })?;
                let verified = VerifiedToken {
                    username: Arc::from(claims.sub.as_str()),
                    stamp: claims.stamp,
                    expires: claims.expires(),
                    key,
                };
                self.verified.remember_token(digest, verified.clone());
                verified
            }
        };
        if now >= verified.expires {
            return Err(AuthenticateError::ExpiredToken);
        }
        match directory.user(&verified.username) {
            Some(user) if user.stamp == verified.stamp => Ok(directory.principal(user)),
            _ => Err(AuthenticateError::RevokedToken),
        }
    }
}
