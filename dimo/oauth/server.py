"""The OAuth 2 server on Authlib: codes with PKCE (S256, always) and refresh tokens that work once. Nothing else.

RFC 6749, 6750, 7009, 7636, 8414, 9207, and what RFC 9700 asks of them.
"""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from authlib.common.urls import add_params_to_uri
from authlib.integrations.django_oauth2 import AuthorizationServer
from authlib.integrations.django_oauth2.requests import DjangoOAuth2Payload, DjangoOAuth2Request
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError, InvalidScopeError, grants
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from dimo.oauth import credentials, scopes
from dimo.oauth.models import App, AppCredential, AppSession, secret_hash
from dimo.users.models import User

CLIENT_SIGN_INS: Final = ["none", "client_secret_basic", "client_secret_post"]
ONCE: Final = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)
LONGEST_STATE: Final = 1000


class Payload(DjangoOAuth2Payload):
    """What came by POST alone, or of an authorization request by its address alone: never mixed."""

    def __init__(self, request: HttpRequest, part: Any) -> None:
        super().__init__(request)
        self.part = part

    @property
    def data(self) -> dict[str, str]:
        found: dict[str, str] = self.part.dict()
        return found

    @property
    def datalist(self) -> dict[str, list[str]]:
        return {name: self.part.getlist(name) for name in self.part}


class Asking(DjangoOAuth2Request):
    """Authlib refuses addresses without https by itself; where https is demanded is a setting of the site (SECURE)."""

    def __init__(self, request: HttpRequest, *, by_address: bool = False) -> None:
        super(DjangoOAuth2Request, self).__init__(
            method=request.method, uri=f"https://site{request.get_full_path()}", headers=request.headers
        )
        self.payload = Payload(request, request.GET if by_address else request.POST)
        self._request = request


class CodeGrant(grants.AuthorizationCodeGrant):
    """Codes are the first credential of a session, which begins when the owner says yes."""

    TOKEN_ENDPOINT_AUTH_METHODS = CLIENT_SIGN_INS

    def query_authorization_code(self, code: str, client: App) -> AppCredential | None:
        return credentials.take(text=code, kind=AppCredential.Kind.CODE, app=client, now=timezone.now())

    def delete_authorization_code(self, authorization_code: AppCredential) -> None:
        """Taken codes are used up; they stay a day, so that one which comes back is recognized."""

    def authenticate_user(self, authorization_code: AppCredential) -> User:
        return authorization_code.session.user


class RefreshGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = CLIENT_SIGN_INS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> AppCredential | None:
        return credentials.take(
            text=refresh_token, kind=AppCredential.Kind.REFRESH, app=self.request.client, now=timezone.now()
        )

    def authenticate_user(self, refresh_token: AppCredential) -> User:
        return refresh_token.session.user

    def _validate_token_scope(self, token: AppCredential) -> None:
        """Clients repeat what they first asked for. What the owner did not allow falls out, and the answer says so."""
        asked = scopes.split(self.request.payload.scope) or list(token.scopes)
        held = [scope for scope in token.scopes if scopes.within(scope, asked)]
        self.granted = sorted({*held, *(scope for scope in asked if scopes.within(scope, token.scopes))})
        if not self.granted:
            credentials.give_back(credential=token)
            raise InvalidScopeError

    def issue_token(self, user: User, refresh_token: AppCredential) -> dict[str, Any]:
        token: dict[str, Any] = self.generate_token(user=user, scope=" ".join(self.granted))
        return token

    def revoke_old_credential(self, refresh_token: AppCredential) -> None:
        """It was used up when it was taken."""


class Proof(CodeChallenge):
    """PKCE of every app, with S256: `plain`, or none at all, would let a stolen code through."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]  # noqa: RUF012 - Authlib's own pattern

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        data = grant.request.payload.data
        if not data.get("code_challenge") or data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE is required: send code_challenge and code_challenge_method=S256.")
        super().validate_code_challenge(grant, redirect_uri)


class Revocation(RevocationEndpoint):
    """A token that is given back ends its whole session, the access tokens of a refresh token included."""

    CLIENT_AUTH_METHODS = CLIENT_SIGN_INS

    def query_token(self, token_string: str, token_type_hint: str | None) -> AppCredential | None:
        return AppCredential.objects.select_related("session").filter(secret_sha256=secret_hash(token_string)).first()

    def revoke_token(self, token: AppCredential, request: Any) -> None:
        credentials.end_sessions(sessions=[token.session_id], because=AppSession.Ended.APP, now=timezone.now())


class Server(AuthorizationServer):
    def __init__(self) -> None:
        super().__init__(App, AppCredential)
        self.register_token_generator("default", new_tokens)
        self.register_grant(CodeGrant, [Proof(required=True)])
        self.register_grant(RefreshGrant)
        self.register_endpoint(Revocation)

    def query_client(self, client_id: str) -> App | None:
        try:
            app = App.objects.filter(pk=UUID(client_id)).first()
        except ValueError:
            return None
        return app if app is not None and app.works else None

    def create_oauth2_request(self, request: HttpRequest | Asking) -> Asking:
        return request if isinstance(request, Asking) else Asking(request)

    def save_token(self, token: dict[str, Any], request: Any) -> None:
        """The access token may be narrower than its session; the refresh token is as wide as the session."""
        taken: AppCredential = request.refresh_token or request.authorization_code
        now, kinds = timezone.now(), AppCredential.Kind
        session = taken.session
        granted = scopes.split(token["scope"])
        credentials.issue(session=session, kind=kinds.ACCESS, text=token["access_token"], scopes=granted, now=now)
        credentials.issue(
            session=session, kind=kinds.REFRESH, text=token["refresh_token"], scopes=session.scopes, now=now
        )

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""


def new_tokens(
    grant_type: str, client: App, user: User, scope: str, expires_in: int | None, include_refresh_token: bool
) -> dict[str, Any]:
    """Opaque tokens; what they stand for is looked up at each read, so that ending them works at once."""
    kinds = AppCredential.Kind
    return {
        "token_type": "Bearer",
        "access_token": credentials.new_secret(credentials.LABELS[kinds.ACCESS]),
        "expires_in": int(credentials.LASTS[kinds.ACCESS].total_seconds()),
        "refresh_token": credentials.new_secret(credentials.LABELS[kinds.REFRESH]),
        "scope": scope,
    }


server: Final = Server()


@dataclass(frozen=True, slots=True)
class Asked:
    """A sound authorization request: which app asks for which scopes, and where the answer goes."""

    app: App
    scopes: tuple[str, ...]
    redirect_uri: str
    state: str
    code_challenge: str


class Unsound(Exception):
    """The request cannot be put before a person. `address` tells the app so; None: nobody is to be sent anywhere."""

    def __init__(self, reason: str, address: str | None) -> None:
        super().__init__(reason)
        self.address = address


def asked(request: HttpRequest) -> Asked:
    """Read an authorization request; only what stands in its address counts.

    Raises:
        Unsound
    """
    asking = Asking(request, by_address=True)
    data = asking.payload.data
    app, redirect_uri = returning_to(asking)
    try:
        if any(len(values) > 1 for name, values in asking.payload.datalist.items() if name in ONCE):
            raise InvalidRequestError("A parameter is there twice.")
        if data.get("response_type") != "code":
            raise OAuth2Error("Only codes are given.", error="unsupported_response_type")
        if not 1 <= len(data.get("state", "")) <= LONGEST_STATE:
            raise InvalidRequestError("Send a state of 1 to 1000 characters.")
        grant = CodeGrant(asking, server)
        Proof(required=True)(grant)
        grant.validate_consent_request()
    except OAuth2Error as error:
        found = [("error", str(error.error)), ("error_description", str(error.get_error_description() or ""))]
        raise Unsound(found[1][1] or found[0][1], answered(redirect_uri, found, data)) from error
    return Asked(app, tuple(scopes.split(asking.scope)), redirect_uri, data["state"], data["code_challenge"])


def returning_to(asking: Asking) -> tuple[App, str]:
    """The app that asks, and its own address. Until both are known nobody is sent anywhere.

    Raises:
        Unsound
    """
    clients, addresses = (asking.payload.datalist.get(name, []) for name in ("client_id", "redirect_uri"))
    app = server.query_client(clients[0]) if len(clients) == 1 else None
    if app is None:
        raise Unsound("There is no such app here, or it was closed or suspended.", None)
    if len(addresses) != 1 or not app.check_redirect_uri(addresses[0]):
        raise Unsound("The app wants you sent to an address that it did not register.", None)
    return app, addresses[0]


def agreed(*, asked: Asked, user: User, scopes: tuple[str, ...]) -> str:
    """Begin the session that a person said yes to; the address that takes its code to the app."""
    now = timezone.now()
    session = credentials.begin_session(
        app=asked.app,
        user=user,
        scopes=scopes,
        redirect_uri=asked.redirect_uri,
        code_challenge=asked.code_challenge,
        now=now,
    )
    code = credentials.new_secret(credentials.LABELS[AppCredential.Kind.CODE])
    credentials.issue(session=session, kind=AppCredential.Kind.CODE, text=code, scopes=scopes, now=now)
    return answered(asked.redirect_uri, [("code", code)], {"state": asked.state})


def denied(*, asked: Asked) -> str:
    """The address that tells the app no."""
    return answered(asked.redirect_uri, [("error", "access_denied")], {"state": asked.state})


def answered(redirect_uri: str, found: list[tuple[str, str]], data: dict[str, str]) -> str:
    """An app's address with the answer, the state it sent, and who answers (RFC 9207)."""
    state = [("state", data["state"])] if data.get("state") else []
    address: str = add_params_to_uri(redirect_uri, [*found, *state, ("iss", settings.BASE_URL)])
    return address


def metadata() -> dict[str, object]:
    """What RFC 8414 lets a client find out by itself."""
    base = settings.BASE_URL
    return {
        "issuer": base,
        "authorization_endpoint": base + reverse("oauth-authorize"),
        "token_endpoint": base + reverse("oauth-token"),
        "revocation_endpoint": base + reverse("oauth-revoke"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": CLIENT_SIGN_INS,
        "revocation_endpoint_auth_methods_supported": CLIENT_SIGN_INS,
        "authorization_response_iss_parameter_supported": True,
        "scopes_supported": list(scopes.known()),
        "service_documentation": f"{base}/api/docs/",
    }


def answer(request: HttpRequest, endpoint: str) -> HttpResponse:
    """What the token endpoint or the one for revocation says."""
    if endpoint == "token":
        found: HttpResponse = server.create_token_response(request)
    else:
        found = server.create_endpoint_response(endpoint, request)
    return found
