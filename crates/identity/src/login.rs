//! Logging in: user and password against a token.

use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

use crate::{
    Identity, LoginError, Secret,
    directory::User,
    metrics::Outcome,
    names, password,
    password_checks::Busy,
    throttle::Source,
    token::{self, Claims},
    verified::Digest,
};

/// A login that succeeded.
#[derive(Clone)]
pub struct Session {
    /// The token to send with every request.
    pub token: String,
    /// How long the token is good.
    pub ttl: Duration,
    /// Whether the user may do everything.
    pub admin: bool,
    /// The user's name.
    pub username: Arc<str>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({:?}, admin: {}, ..)", self.username, self.admin)
    }
}

impl From<Busy> for LoginError {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

impl Identity {
    /// Checks user and password and gives out a token. `source` is where the
    /// request came from; wrong passwords make it wait.
    pub async fn login(
        &self,
        username: &str,
        password: &str,
        source: IpAddr,
    ) -> Result<Session, LoginError> {
        let user = self.check_password(username, password, source).await?;
        let now = self.clock.wall();
        let directory = self.live.read();
        let claims = Claims::new(&user.name, user.stamp, now, self.settings.token_ttl());
        let written = directory.signing().map(|keys| token::write(keys, &claims));
        // Neither can fail: `open` made the keys, and the claims are plain JSON.
        let Some(Ok(token)) = written else { return Err(LoginError::Busy) };
        let admin = directory.principal(&user).is_admin();
        Ok(Session { token, ttl: self.settings.token_ttl(), admin, username: user.name })
    }

    /// The user, if the password is right. A pair that was right before, for the
    /// password the user still has, is neither hashed again nor made to wait.
    pub(crate) async fn check_password(
        &self,
        username: &str,
        password: &str,
        source: IpAddr,
    ) -> Result<User, LoginError> {
        let user = self.live.read().user(username).cloned();
        let checked = self.find_right(username, password, user, Source::of(source)).await;
        self.metrics.login(match &checked {
            Ok((_, outcome)) => *outcome,
            Err(error) => Outcome::of(error),
        });
        if let Err(error) = &checked {
            tracing::info!(user = ?username, %source, reason = %error, "login refused");
        }
        checked.map(|(user, _)| user)
    }

    async fn find_right(
        &self,
        username: &str,
        password: &str,
        user: Option<User>,
        source: Source,
    ) -> Result<(User, Outcome), LoginError> {
        // No user can have such a name, and it is not worth remembering.
        if names::check("user name", username).is_err() {
            self.wrong.charge_source(self.clock.now(), source);
            return Err(LoginError::WrongPassword);
        }
        let digest = self.verified.password_digest(username, password);
        let digest = digest.ok_or(LoginError::WrongPassword)?;
        let stamp = user.as_ref().map(|user| user.stamp);
        let remembered = || stamp.is_some_and(|stamp| self.verified.password(&digest, stamp));
        if let Some(user) = user.as_ref().filter(|_| remembered()) {
            return Ok((user.clone(), Outcome::Remembered));
        }
        let may_try = || match self.wrong.wait(self.clock.now(), &source, username) {
            Some(retry_after) => Err(LoginError::TooManyWrong { retry_after }),
            None => Ok(()),
        };
        // Asked once before queueing and once when it is its turn: otherwise as many
        // could guess as wait. By then the same pair may have been found right.
        may_try()?;
        let first = || match remembered() {
            true => Ok(Some(Outcome::Remembered)),
            false => may_try().map(|()| None),
        };
        let attempt =
            Attempt { username: username.into(), password: Secret::new(password), source };
        let work = self.checking(user.as_ref(), attempt, digest);
        match (self.checks.run(first, work).await?, user) {
            (Outcome::Wrong, _) | (_, None) => Err(LoginError::WrongPassword),
            (right, Some(user)) => Ok((user, right)),
        }
    }

    /// Hashes the password and takes note of whether it is right. Both happen in one
    /// piece of work that ends even if the caller goes away: who hangs up early must
    /// not guess for free. Without a user it works as long, so that the time does not
    /// tell.
    fn checking(
        &self,
        user: Option<&User>,
        attempt: Attempt,
        digest: Digest,
    ) -> impl FnOnce() -> Outcome + Send + 'static {
        let (verified, wrong) = (Arc::clone(&self.verified), Arc::clone(&self.wrong));
        let clock = Arc::clone(&self.clock);
        let stamp = user.map(|user| user.stamp);
        let hash = Arc::clone(user.map_or(&self.nobody, |user| &user.hash));
        move || match (password::verify(attempt.password.reveal(), hash.reveal()), stamp) {
            (true, Some(stamp)) => {
                verified.remember_password(digest, stamp);
                Outcome::Accepted
            }
            _ => {
                wrong.charge(clock.now(), attempt.source, &attempt.username);
                Outcome::Wrong
            }
        }
    }
}

/// One password to be checked.
struct Attempt {
    username: Box<str>,
    password: Secret,
    source: Source,
}
