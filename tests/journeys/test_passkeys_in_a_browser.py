"""A passkey's life in a real browser: its own code makes, encodes and checks what travels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.browser import VirtualAuthenticator, chromium, site
from tests.support.server import Server
from tests.support.signing_in import claims

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PASSWORD = "Correct-Horse-1!"
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH"]
HERE = Path(__file__).parent


@dataclass
class App:
    """An application's page, open in a browser, and the pool that its users are in."""

    idp: Any
    pool: str
    page: Page

    def user(self, name: str) -> None:
        self.idp.admin_create_user(UserPoolId=self.pool, Username=name, MessageAction="SUPPRESS")
        self.idp.admin_set_user_password(
            UserPoolId=self.pool, Username=name, Password=PASSWORD, Permanent=True
        )

    def do(self, function: str, *given: Any) -> Any:
        return self.page.evaluate(f"given => {function}(...given)", list(given))

    def name_of(self, function: str, *given: str) -> str:
        """`ok`, or the name and words of what the page was thrown."""
        found: str = self.page.evaluate(f"given => named({function}(...given))", list(given))
        return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("passkeys") / "data").start()
    yield started
    started.kill9()


@pytest.fixture
def app(browser: Browser, server: Server) -> Iterator[App]:
    idp = server.client("cognito-idp")
    pool = idp.create_user_pool(
        PoolName="passkeys",
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}},
    )["UserPool"]["Id"]
    client = idp.create_user_pool_client(
        UserPoolId=pool, ClientName="app", ExplicitAuthFlows=FLOWS
    )["UserPoolClient"]["ClientId"]
    with site(HERE) as origin:
        page = browser.new_page()
        page.goto(f"{origin}/passkeys.html")
        page.evaluate("given => { [endpoint, client] = given; }", [f"{server.url}/", client])
        yield App(idp, pool, page)
        page.close()


@pytest.mark.parametrize("transport", ["internal", "usb"])
def test_a_passkey_is_made_used_and_deleted(app: App, transport: str) -> None:
    """WAN-01, WAN-12"""
    app.user("ann")
    phone = VirtualAuthenticator(app.page, transport=transport)
    token = app.do("signInByPassword", "ann", PASSWORD)
    made = app.do("register", token)
    (kept,) = phone.credentials()
    assert (kept["rpId"], kept["isResidentCredential"]) == ("localhost", True)
    assert kept["userName"] == "ann"
    (listed,) = app.do("ask", "ListWebAuthnCredentials", {"AccessToken": token})["Credentials"]
    assert listed["CredentialId"] == made
    assert listed["AuthenticatorTransports"] == [transport]
    assert listed["AuthenticatorAttachment"] == (
        "platform" if transport == "internal" else "cross-platform"
    )
    for _ in range(2):  # the counter grows
        answer = app.do("signInByPasskey", "ann")["AuthenticationResult"]
        assert claims(answer["AccessToken"])["username"] == "ann"
    # The browser knows from the options that this authenticator has one.
    assert app.name_of("register", token).startswith("InvalidStateError")
    gone = {"AccessToken": token, "CredentialId": made}
    app.do("ask", "DeleteWebAuthnCredential", gone)
    asked = app.do("signInByPasskey", "ann")
    assert "WEB_AUTHN" not in asked["AvailableChallenges"]
    phone.unplug()


def test_a_browser_without_the_passkey_gets_nobody_in(app: App) -> None:
    app.user("ann")
    phone = VirtualAuthenticator(app.page)
    app.do("register", app.do("signInByPassword", "ann", PASSWORD))
    phone.unplug()
    VirtualAuthenticator(app.page)
    assert app.name_of("signInByPasskey", "ann").startswith("NotAllowedError")


def test_a_pool_that_demands_user_verification_gets_it(app: App) -> None:
    """WAN-10: the browser refuses an authenticator that cannot, before this server would."""
    configured = {
        "UserVerification": "required",
        "FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION",
    }
    app.idp.set_user_pool_mfa_config(UserPoolId=app.pool, WebAuthnConfiguration=configured)
    app.user("ann")
    phone = VirtualAuthenticator(app.page)
    app.do("register", app.do("signInByPassword", "ann", PASSWORD))
    assert app.do("signInByPasskey", "ann")["AuthenticationResult"]["AccessToken"]
    phone.verify_user(False)
    assert app.name_of("signInByPasskey", "ann").startswith("NotAllowedError")


def test_a_page_of_another_host_has_no_say(app: App) -> None:
    """WAN-07: an address is nobody's relying party; the browser asks no authenticator."""
    app.user("ann")
    VirtualAuthenticator(app.page)
    token = app.do("signInByPassword", "ann", PASSWORD)
    endpoint, client = app.page.evaluate("[endpoint, client]")
    app.page.goto(app.page.url.replace("localhost", "127.0.0.1"))
    app.page.evaluate("given => { [endpoint, client] = given; }", [endpoint, client])
    assert app.name_of("register", token).startswith("SecurityError")
