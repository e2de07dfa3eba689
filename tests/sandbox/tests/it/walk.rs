//! The page at `/` over HTTP: what its buttons do, what it shows, and whom it refuses.

mod guard;
mod journey;
mod settings;
mod trouble;

use onboarding_sandbox::Options;
use reqwest::Response;

use crate::world::{World, options};

/// Somebody who has the page open.
pub(crate) struct Walker {
    pub(crate) world: World,
    token: String,
}

impl Walker {
    pub(crate) async fn new() -> Self {
        Self::with(options()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let world = World::with(options).await;
        let page = page(&world).await;
        let token = after(&page, "name=\"token\" value=\"").split('"').next().unwrap().to_owned();
        Self { world, token }
    }

    /// Presses a button, and tells the answer, which leads on.
    pub(crate) async fn press(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        let api = self.world.sandbox.api();
        let mut form = vec![("token", self.token.as_str())];
        form.extend(fields);
        let request = self.world.http.post(format!("{api}/sandbox/walk/{path}")).header("origin", api);
        let answer = request.form(&form).send().await.unwrap();
        assert_eq!(answer.status(), 303, "{path}");
        answer
    }

    /// Steps 1 and 2, for an enterprise with this name.
    pub(crate) async fn link(&self, name: &str, tenant: &str) {
        self.press("register", &[("name", name), ("tenant", tenant)]).await;
        self.press("link", &[]).await;
    }

    /// Step 3, gone through by the sandbox.
    pub(crate) async fn play(&self, person: &str, trouble: &str) {
        self.press("play", &[("person", person), ("trouble", trouble)]).await;
    }

    /// The page as it is now.
    pub(crate) async fn page(&self) -> String {
        page(&self.world).await
    }

    /// The number of the walk's enterprise, as step 1 shows it.
    pub(crate) async fn enterprise(&self) -> u64 {
        let page = self.page().await;
        after(&page, "is enterprise <code>").split('<').next().unwrap().parse().unwrap()
    }
}

async fn page(world: &World) -> String {
    let answer = world.http.get(world.sandbox.api()).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap()
}

/// What stands behind the first `mark`.
pub(crate) fn after<'a>(page: &'a str, mark: &str) -> &'a str {
    page.split_once(mark).unwrap_or_else(|| panic!("{mark} is not on {page}")).1
}

/// The part of the page with this id, up to `end`.
pub(crate) fn part<'a>(page: &'a str, id: &str, end: &str) -> &'a str {
    after(page, &format!("id=\"{id}\"")).split(end).next().unwrap()
}
