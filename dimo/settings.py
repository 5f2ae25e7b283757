"""Every setting of the project; secrets and addresses come from the environment (docs/operating.md)."""

import os
from pathlib import Path

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from dimo import policies
from dimo.admin_conf import UNFOLD  # noqa: F401
from dimo.api.conf import REST_FRAMEWORK, SPECTACULAR_SETTINGS  # noqa: F401
from dimo.users.conf import AUTH_PASSWORD_VALIDATORS, AUTHENTICATION_BACKENDS, PASSWORD_HASHERS  # noqa: F401

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("VAR_DIR", BASE_DIR / "var"))


def required(name: str) -> str:
    """The environment's value, or a refusal to start that names what is missing."""
    try:
        return os.environ[name]
    except KeyError:
        raise ImproperlyConfigured(f"{name} is not set; `make run` sets it, docs/operating.md explains it") from None


def switched_on(name: str, *, default: bool = False) -> bool:
    return os.environ.get(name, "1" if default else "").lower() in {"1", "true", "yes", "on"}


# Who we are to the outside
DEBUG = switched_on("DEBUG")
SECRET_KEY = required("SECRET_KEY")
MASTER_KEY = required("MASTER_KEY")  # 64 hex digits: pseudonyms, VIN tags and encrypted columns derive from it
BASE_URL = os.environ.get("BASE_URL", "http://127.0.0.1:8000")
SECURE = BASE_URL.startswith("https://")
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [BASE_URL]
SITE_NAME = "Commons"
ADMIN_PATH = os.environ.get("ADMIN_PATH", "admin/")
TRUSTED_PROXIES = int(os.environ.get("TRUSTED_PROXIES", "0"))  # how many hops of X-Forwarded-For are ours

# The house: rooms from the ground up
INSTALLED_APPS = [
    *("unfold.apps.BasicAppConfig", "unfold.contrib.guardian", "dimo.apps.OperationsConfig"),
    *(f"django.contrib.{name}" for name in ("auth", "contenttypes", "sessions", "messages", "staticfiles", "humanize")),
    *("allauth", "allauth.account", "allauth.mfa", "allauth.usersessions", "axes", "guardian"),
    *("csp", "django_cotton.apps.SimpleAppConfig", "django_htmx", "lucide"),
    *("rest_framework", "drf_spectacular", "drf_spectacular_sidecar", "django_prometheus"),
    *("dimo", "dimo.ledger", "vehicles", "unions", "licensing", "rewards"),
]
MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "dimo.requests.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "dimo.requests.PolicyByPath",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dimo.tenancy.RequestScope",
    "dimo.pages.clock.ReadersClock",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "dimo.requests.Refusals",
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
ROOT_URLCONF = "dimo.urls"
ASGI_APPLICATION = "dimo.asgi.application"
TEMPLATE_LOADERS = [
    "django_cotton.cotton_loader.Loader",
    *(f"django.template.loaders.{kind}.Loader" for kind in ("filesystem", "app_directories")),
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [("django.template.loaders.cached.Loader", TEMPLATE_LOADERS)],
            "builtins": [
                "django.templatetags.static",
                "django.templatetags.i18n",
                "django.contrib.humanize.templatetags.humanize",
                "django_cotton.templatetags.cotton",
                "dimo.pages.words",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "dimo.pages.context.shell",
            ],
        },
    }
]
COTTON_DIR = "components"
COTTON_ISOLATE_BY_DEFAULT = True  # a card inside a card does not inherit its title

# Where state lives. The app's role owns no table; DATABASE_OWNER_URL is used by `migrate` alone.
DATABASES = {"default": dj_database_url.parse(required("DATABASE_URL"), conn_max_age=0, conn_health_checks=True)}
DATABASES["default"]["OPTIONS"] = {
    **DATABASES["default"].get("OPTIONS", {}),
    # A statement, lock or idle transaction without an end would hold rows for everybody else.
    "options": "-c statement_timeout=60s -c lock_timeout=15s -c idle_in_transaction_session_timeout=60s",
}
DATABASE_OWNER_URL = os.environ.get("DATABASE_OWNER_URL", os.environ["DATABASE_URL"])
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = required("REDIS_URL")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
CHAIN_RPC_URL = os.environ.get("CHAIN_RPC_URL", "")  # empty: the chain is off and pages say so
LAKE_URL = os.environ.get("LAKE_URL", str(VAR_DIR / "lake"))

# Money: what the protocol keeps of a sale, in basis points (at most 5 %)
PROTOCOL_FEE_BPS = int(os.environ.get("PROTOCOL_FEE_BPS", "200"))

# Celery: a row's state is the work, a message only a hint (docs/architecture.md)
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 120,
    "unacked_restore_interval": 2,
    "unacked_restore_throttle": 1,
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SOFT_TIME_LIMIT = 50
CELERY_TASK_TIME_LIMIT = 55  # below half the visibility timeout, so a redelivered task seldom meets its twin
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = "UTC"

# Sign-in
AUTH_USER_MODEL = "dimo.User"
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # an email is unique, whatever its case: an index on Lower("email") says so
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = os.environ.get("EMAIL_VERIFICATION", "mandatory" if SECURE else "optional")
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a letter for each change of how one signs in
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"{SITE_NAME}: "
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_RATE_LIMITS = {"login_failed": "30/m/ip"}  # per address and email django-axes counts, across all workers
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
MFA_ADAPTER = "dimo.users.adapters.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = SITE_NAME
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE
STAFF_MFA_REQUIRED = switched_on("STAFF_MFA_REQUIRED", default=SECURE)  # off in a demo without https
ANONYMOUS_USER_NAME = None
GUARDIAN_RAISE_403 = False
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "account/locked.html"
AXES_USERNAME_CALLABLE = "dimo.users.adapters.lockout_name"
AXES_CLIENT_IP_CALLABLE = "dimo.api.callers.client_address"
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
EMAIL_HOST = os.environ.get("EMAIL_HOST", "")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "587"))
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_USER", ""), os.environ.get("EMAIL_PASSWORD", "")
EMAIL_USE_TLS = True
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'filebased'}.EmailBackend"
EMAIL_FILE_PATH = VAR_DIR / "mail"  # without a mail server, letters wait here
DEFAULT_FROM_EMAIL = os.environ.get("EMAIL_FROM", f"{SITE_NAME} <no-reply@localhost>")

# What a browser may do with our pages
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$", "^metrics$"]  # probes come straight to the process
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
CONTENT_SECURITY_POLICY = {"DIRECTIVES": policies.SITE}
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = VAR_DIR / "media"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")  # lets a scraper on another machine read /metrics
IDEMPOTENCY_WAIT_SECONDS = 10.0  # how long a twin waits for the first request with its key

# Language, time, logs
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = USE_TZ = True
LOGGING_CONFIG = "dimo.logs.configure"
LOGGING = {"level": os.environ.get("LOG_LEVEL", "INFO"), "json": not DEBUG}
