//! The live look at a connection: the token is used, Partner Center called, the roles read, and all of it judged at once.

use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use onboarding_core::advice::Code;
use onboarding_core::client_credential::ClientCredential;
use onboarding_core::connection::admit::READ_BACK;
use onboarding_core::connection::circuit::Circuits;
use onboarding_core::connection::health::{Consents, Evidence, Held, Probe, Seen, Verdict, judge};
use onboarding_core::connection::lease::Leased;
use onboarding_core::connection::looked::TokenUse;
use onboarding_core::connection::{Connection, State};
use onboarding_core::id::{ConnectionId, TenantId};
use onboarding_core::identity::{Person, Signer};
use onboarding_core::random::Random;
use onboarding_core::time::Timestamp;
use onboarding_microsoft::refresh::{Refresh, Refreshed};
use onboarding_secrets::SecretsError;
use secrecy::{ExposeSecret as _, SecretString};

use crate::{Connections, count};

/// How long Partner Center and Graph may take, each.
const BUDGET: Duration = Duration::from_secs(5);

/// What a look found.
#[derive(Debug)]
pub struct Examined {
    /// The judgement.
    pub verdict: Verdict,
    /// What became of the token.
    pub token: TokenUse,
}

/// What Graph shows of a person's roles.
struct Roles {
    /// None if it could not be read.
    seen: Option<Held>,
    /// The token that Microsoft gave in the place of the one that was used, if it did.
    newest: Option<SecretString>,
}

/// A sign-in whose code was redeemed, not yet stored anywhere. `Debug` hides the tokens.
#[derive(Debug)]
pub struct Fresh<'a> {
    /// Who signed in.
    pub of: Person<'a>,
    /// For Partner Center.
    pub access_token: &'a SecretString,
    /// What may be stored, if all is well.
    pub refresh_token: SecretString,
}

impl Connections {
    /// Uses the stored token of `connection` and looks whether the connection works. Under a lease the newest token that Microsoft
    /// gave is stored in the end, if the stored one has lain there for a while; else the old one stays, which stays good.
    pub async fn examine(
        &self,
        connection: &Connection,
        lease: Option<&Leased>,
        at: (Timestamp, &dyn Random),
    ) -> Result<Examined, SecretsError> {
        let Some(both) = connection.state.both() else {
            return Ok(Examined { verdict: self.unseen(connection), token: TokenUse::Refused });
        };
        let refused = |verdict| Examined { verdict, token: TokenUse::Refused };
        let (person, ends_at) = (both.user.person(), self.credential_ends_at(at.0).await?);
        let judged = |refreshed, brought: Brought| judged(connection, None, refreshed, brought, (ends_at, at.0));
        let token = match self.secrets.refresh_token(&connection.id).await {
            Ok(token) => token,
            Err(SecretsError::Absent(_)) => {
                return Ok(refused(judged(Err(Code::RefreshTokenMissing), (None, None))));
            }
            Err(fault) => return Err(fault),
        };
        let refreshed = match self.refreshed(connection, (person, &token, &self.user_scope()), at).await? {
            Ok(refreshed) => refreshed,
            Err(code) => return Ok(refused(judged(Err(code), (None, None)))),
        };
        let newest = refreshed.refresh_token.as_ref().unwrap_or(&token);
        let (probe, roles) = tokio::join!(
            self.probe(connection.partner_tenant, &refreshed.access_token, at),
            self.roles(connection, (person, newest), at)
        );
        let evidence = Ok(Evidence::of(refreshed.access_token.expose_secret()));
        let (judgement, roles, last) = match roles? {
            Ok(Roles { seen, newest }) => (evidence, seen, newest),
            // Roles that cannot be read for the moment are unknown; that they may not be read is a cause.
            Err(Code::MicrosoftBusy) => (evidence, None, None),
            Err(code) => (Err(code), None, None),
        };
        let given = last.as_ref().or(refreshed.refresh_token.as_ref());
        let renews = given.filter(|_| both.is_to_be_renewed(at.0)).zip(lease);
        let token = self.renew(&connection.id, renews).await?;
        Ok(Examined { verdict: judged(judgement, (Some(probe), roles)), token })
    }

    /// Stores the token that a look is to leave behind, under its lease.
    async fn renew(
        &self,
        connection: &ConnectionId,
        renews: Option<(&SecretString, &Leased)>,
    ) -> Result<TokenUse, SecretsError> {
        let Some((token, lease)) = renews else { return Ok(TokenUse::Used) };
        self.secrets.put_refresh_token(connection, token, &lease.token_version()).await?;
        Ok(TokenUse::Renewed)
    }

    /// Whether our application is gone from the partner's tenant, and with it all that was granted there; none if that cannot
    /// be seen.
    pub async fn application_gone(
        &self,
        connection: &Connection,
        at: (Timestamp, &dyn Random),
    ) -> Result<Option<bool>, SecretsError> {
        let credential = self.secrets.client_credential(at.0).await?;
        let is_there = self.microsoft.is_in_tenant(&credential, connection.partner_tenant, at, BUDGET).await;
        Ok(is_there.map(|is_there| !is_there))
    }

    /// When our own credential ends, if that is known.
    async fn credential_ends_at(&self, now: Timestamp) -> Result<Option<Timestamp>, SecretsError> {
        Ok(self.secrets.client_credential(now).await?.ends_at())
    }

    /// Calls Partner Center, unless it has just been busy several times in a row for this tenant.
    async fn probe(&self, tenant: TenantId, access_token: &SecretString, at: (Timestamp, &dyn Random)) -> Probe {
        let instead = self.circuits().instead(tenant, at.0);
        match instead {
            Some(busy) => busy,
            None => self.probe_now(tenant, access_token, at).await,
        }
    }

    /// Calls Partner Center, whatever it answered before.
    async fn probe_now(
        &self,
        tenant: TenantId,
        access_token: &SecretString,
        (now, random): (Timestamp, &dyn Random),
    ) -> Probe {
        let probe = self.microsoft.probe(access_token, random, BUDGET).await;
        self.circuits().note(tenant, probe, now);
        probe
    }

    fn circuits(&self) -> MutexGuard<'_, Circuits> {
        self.circuits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks whether the access of a fresh sign-in works, before anything of it is stored: the token is used once, so that a
    /// second factor that is asked for again is found now (R179). Answers the newest token with the judgement.
    pub async fn try_out(
        &self,
        connection: &Connection,
        fresh: Fresh<'_>,
        at: (Timestamp, &dyn Random),
    ) -> Result<(Verdict, SecretString), SecretsError> {
        let Fresh { of: person, access_token, refresh_token } = fresh;
        let ends_at = self.credential_ends_at(at.0).await?;
        let judged =
            |refreshed, brought: Brought| judged(connection, Some(person.signer), refreshed, brought, (ends_at, at.0));
        let evidence = Evidence::of(access_token.expose_secret());
        if let Err(code) = evidence.admit(at.0) {
            let refused = if code == Code::MfaClaimMissing { Ok(evidence) } else { Err(code) };
            return Ok((judged(refused, (None, None)), refresh_token));
        }
        // Somebody sits before the page: what other looks met is no reason to throw the sign-in away unasked.
        let probe = self.probe_now(connection.partner_tenant, access_token, at);
        let (probe, roles) = tokio::join!(probe, self.roles(connection, (person, &refresh_token), at));
        let (refreshed, roles, newest) = match roles? {
            Ok(Roles { seen, newest }) => (Ok(evidence), seen, newest),
            Err(code) => (Err(code), None, None),
        };
        Ok((judged(refreshed, (Some(probe), roles)), newest.unwrap_or(refresh_token)))
    }

    /// What is known of a connection without looking.
    #[must_use]
    pub fn unseen(&self, connection: &Connection) -> Verdict {
        judge(&Seen {
            consents: consents(connection, None),
            refreshed: None,
            probe: None,
            held: None,
            refuses_administrators: connection.refuses_administrators,
            required: &connection.required_roles,
            must_be_seen: false,
            token_used_at: None,
            secret_ends_at: None,
        })
    }

    /// The roles that Graph shows `person` in; or why the token cannot be used.
    async fn roles(
        &self,
        connection: &Connection,
        (person, token): (Person<'_>, &SecretString),
        at: (Timestamp, &dyn Random),
    ) -> Result<Result<Roles, Code>, SecretsError> {
        let scope = format!("openid profile offline_access {}", self.graph_scope(READ_BACK));
        let refreshed = match self.refreshed(connection, (person, token, &scope), at).await? {
            Ok(refreshed) => refreshed,
            Err(code) => return Ok(Err(code)),
        };
        let seen = self.microsoft.partner_roles(&refreshed.access_token, BUDGET).await;
        Ok(Ok(Roles { seen, newest: refreshed.refresh_token }))
    }

    /// Uses a token of `connection`; a refusal is counted, and told as it is meant there.
    async fn refreshed(
        &self,
        connection: &Connection,
        used: (Person<'_>, &SecretString, &str),
        at: (Timestamp, &dyn Random),
    ) -> Result<Result<Refreshed, Code>, SecretsError> {
        let answered = self.refreshed_by_either(used, at).await?;
        Ok(answered.map_err(|code| {
            count::refused(code);
            connection.refusal_of_token(code, at.0)
        }))
    }

    /// Once more with our own credential read again, should Microsoft refuse that.
    async fn refreshed_by_either(
        &self,
        used: (Person<'_>, &SecretString, &str),
        at: (Timestamp, &dyn Random),
    ) -> Result<Result<Refreshed, Code>, SecretsError> {
        let credential = self.secrets.client_credential(at.0).await?;
        let first = self.refresh_once(&credential, used, at).await;
        if !matches!(first, Err(Code::OurSecretBadOrExpired)) {
            return Ok(first);
        }
        let again = self.secrets.client_credential_after_refusal(at.0).await?;
        if Arc::ptr_eq(&again, &credential) {
            return Ok(first);
        }
        Ok(self.refresh_once(&again, used, at).await)
    }

    async fn refresh_once(
        &self,
        credential: &ClientCredential,
        (person, token, scope): (Person<'_>, &SecretString, &str),
        at: (Timestamp, &dyn Random),
    ) -> Result<Refreshed, Code> {
        let refresh = Refresh { tenant: person.signer.tenant, token, scope, of: person };
        self.microsoft.refresh(credential, refresh, at).await.map_err(|error| error.code())
    }
}

/// What Partner Center and Graph answered, as far as they were asked.
type Brought = (Option<Probe>, Option<Held>);

/// What is made of a token that was used, or refused, and of what was read with it; by `fresh`, if somebody has just signed in.
fn judged(
    connection: &Connection,
    fresh: Option<&Signer>,
    refreshed: Result<Evidence, Code>,
    (probe, held): Brought,
    (secret_ends_at, now): (Option<Timestamp>, Timestamp),
) -> Verdict {
    // A token that answered has just been used.
    let last_use = connection.state.both().map(|both| both.token_at);
    let used_at = if refreshed.is_ok() { Some(now) } else { last_use };
    // A fresh sign-in, and whatever does not work yet or any more: nothing becomes good by what was not seen.
    let must_be_seen = fresh.is_some() || !matches!(connection.state, State::Ready { .. });
    judge(&Seen {
        consents: consents(connection, fresh),
        refreshed: Some(refreshed),
        probe,
        held,
        refuses_administrators: connection.refuses_administrators,
        required: &connection.required_roles,
        must_be_seen,
        token_used_at: used_at,
        secret_ends_at,
    })
}

fn consents<'a>(connection: &'a Connection, user: Option<&'a Signer>) -> Consents<'a> {
    Consents {
        partner: connection.partner_tenant,
        admin: connection.state.admin().map(|admin| &admin.signer),
        user: user.or_else(|| connection.state.both().map(|both| &both.user.signer)),
        same_person_allowed: connection.same_identity_allowed,
    }
}
