"""Django's settings, read top to bottom. The environment is read by env.py alone."""

from datetime import timedelta

from django.utils.csp import CSP

from donor_management import env
from donor_management.colours import GREEN
from donor_management.env import ROOT
from donor_management.owners import folder_owner
from donor_management.safety import safety_check, start_of
from donor_management.sentry import sentry_start
from donor_management.signing_keys import env_signing_keys

# --- where and how ---------------------------------------------------------------------------
BASE_DIR = ROOT
# Which of the templates this is: production has rules of its own (donor_management/safety.py).
ENVIRONMENT = env.env_choice("DOMAAP_ENV", ("local", "ip", "ngrok", "production"))
IS_EMBEDDED = env.env_database_is_embedded()
DEBUG = env.env_bool("DEBUG", False)
SECRET_KEY = env.env_secret("SECRET_KEY")
SITE_PORT = env.env_port("SITE_PORT", 3000)
SITE_URL = env.env_url("SITE_URL", f"http://localhost:{SITE_PORT}")
WEB_PORT = env.env_port("WEB_PORT", 8000)
ALLOWED_HOSTS = env.env_hosts("ALLOWED_HOSTS", "127.0.0.1,localhost")
# The site passes /admin/ on, so that the browser's Origin is the site's: also under its loopback names.
CSRF_TRUSTED_ORIGINS = [
    SITE_URL,
    *(f"http://{name}:{SITE_PORT}" for name in ("localhost", "127.0.0.1")),
]
# The site reads it (frontend/proxy.ts); here it is only held to what it accepts.
EMBED_ORIGINS = env.env_shaped(
    "EMBED_ORIGINS",
    "",
    r"https?://[^\s/?#@;,]+(,https?://[^\s/?#@;,]+)*",
    "addresses such as https://www.example.org, without a path, separated by commas",
)
ROOT_URLCONF = "donor_management.urls"
WSGI_APPLICATION = "donor_management.wsgi.application"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
FORMAT_MODULE_PATH = "donor_management.formats"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "api.User"
# Rights are told by the role; see api/models/rights.py.
AUTHENTICATION_BACKENDS = ["api.services.users.RoleBackend"]

# --- the charity -----------------------------------------------------------------------------
CHARITY_NAME = env.env_line("CHARITY_NAME", "Riverbank Community Trust")
CHARITY_NUMBER = env.env_shaped(
    "CHARITY_NUMBER", "1234567", "[A-Za-z0-9 /-]{1,20}", "a number such as 1234567 or SC012345"
)
CHARITY_EMAIL = env.env_email("CHARITY_EMAIL", "giving@example.org")
# Who is told when something needs a person.
STAFF_ALERT_EMAIL = env.env_email("STAFF_ALERT_EMAIL", CHARITY_EMAIL)
CHARITY_ADDRESS = env.env_line("CHARITY_ADDRESS", "12 Mill Lane, Birmingham B10 0AB")
# Direct Debit notices name it; empty leaves it out.
CHARITY_PHONE = env.env_shaped(
    "CHARITY_PHONE", "", r"[0-9 +()-]{0,30}", "a phone number such as 0121 496 0000"
)
CHARITY_TIME_ZONE = "Europe/London"
# The last day of its accounting year, as (month, day); 28 for the end of February.
CHARITY_YEAR_END = env.env_month_day("CHARITY_YEAR_END", "03-31")
# What signs receipts; the first signs, all are understood (docs/statements.md). Without one it follows SECRET_KEY.
RECEIPT_SIGNING_KEYS = env_signing_keys("RECEIPT_SIGNING_KEY", SECRET_KEY)
GIFT_MINIMUM_MINOR = 100
GIFT_MAXIMUM_MINOR = 1_000_000
# The first is what the giving page starts with.
GIFT_CURRENCIES = env.env_list(
    "GIFT_CURRENCIES", "GBP", "[A-Z]{3}", "ISO 4217 codes such as GBP,EUR"
)
# How often donors may give, beside once; every month is always among them.
GIFT_RHYTHMS = env.env_list(
    "GIFT_RHYTHMS",
    "week,month,quarter,year",
    "week|month|quarter|year",
    "any of week, month, quarter, year",
)
# What is done about failed payments of plans (docs/dunning.md).
DUNNING_POLICY_FILE = env.env_path("DUNNING_POLICY_FILE", ROOT / "api/policies/standard.json")
# Stripe's UK price for standard cards; an estimate offered to donors who cover the fee.
FEE_PERCENT_BASIS_POINTS = 150
FEE_FIXED_MINOR = 20

# --- Stripe ----------------------------------------------------------------------------------
STRIPE_API_VERSION = "2026-10-28.endive"
_STRIPE_SECRET, _STRIPE_PUBLISHABLE = env.env_stripe_keys()
STRIPE_IS_SIMULATED = _STRIPE_SECRET == ""
STRIPE_SIM_URL = f"http://127.0.0.1:{env.env_port('STRIPE_SIM_PORT', 12111)}"
STRIPE_SECRET_KEY = _STRIPE_SECRET or "sk_test_simulator"
STRIPE_API_URL = STRIPE_SIM_URL if STRIPE_IS_SIMULATED else "https://api.stripe.com"
STRIPE_SCRIPT_URL = (
    f"{STRIPE_SIM_URL}/js/stripe.js" if STRIPE_IS_SIMULATED else "https://js.stripe.com/v3/"
)
# Rehearsals and tests name a stand-in of the same process here.
STRIPE_HTTP_CLIENT = ""
STRIPE_PUBLISHABLE_KEY = _STRIPE_PUBLISHABLE or "pk_test_simulator"
STRIPE_WEBHOOK_SECRETS = env.env_list(
    "STRIPE_WEBHOOK_SECRET", None, r"whsec_\S+", "signing secrets that start with whsec_"
)
WEBHOOK_BODY_LIMIT_BYTES = 1_000_000
# The brief's four addresses, all the same to us.
WEBHOOK_PATHS = (
    "/api/webhook/",
    "/api/stripe/webhook/",
    "/api/stripe/subscription-webhook/",
    "/api/stripe/one-off-webhook/",
)

# --- sign-in ---------------------------------------------------------------------------------
LOGIN_URL = "/admin/login/"
# The first signs, all are understood: so a key can be changed without signing anybody out.
JWT_SECRET_KEYS = env.env_secrets("JWT_SECRET_KEY")
JWT_COOKIE_NAME = env.env_shaped(
    "JWT_COOKIE_NAME", "access_token", "[A-Za-z0-9_-]+", "a name of letters, digits, - and _"
)
ACTIVE_COOKIE_DOMAIN = env.env_shaped(
    "ACTIVE_COOKIE_DOMAIN",
    "localhost",
    r"\.?[A-Za-z0-9.-]+",
    "a domain such as give.example.org, without https:// or port",
)
TRUSTED_PROXIES = env.env_networks("TRUSTED_PROXIES", "127.0.0.1,::1")
DEMO_PASSWORD = env.env_text("DEMO_PASSWORD", "")
DEMO_TOTP_SECRET = env.env_text("DEMO_TOTP_SECRET", "")
ACCESS_TOKEN_LIFE = timedelta(minutes=10)
# How long a session lasts without use, and at most, by its kind.
SESSION_IDLE = {"browser": timedelta(hours=12), "app": timedelta(days=30)}
SESSION_LONGEST = {"browser": timedelta(days=7), "app": timedelta(days=180)}
# Changing a second factor or a password asks for both again after this long.
PROOF_LIFE = timedelta(minutes=10)
# The second factor is django-allauth's; its pages are ours (api/services/factors.py).
MFA_ADAPTER = "api.services.factors.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1
MFA_TOTP_ISSUER = CHARITY_NAME
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600

# --- how often the API may be asked, per minute (api/services/rate_limits.py) ------------------
RATE_LIMITS = {
    "staff": 600,  # A member of staff or an API client, at /api/staff/.
    "sign-in": 120,  # An address, at /api/auth/.
    "stranger": 300,  # An address that is not signed in, at /api/staff/.
    "giving": 3000,  # An address, at what donors use: a whole hall behind one address.
    "verify": 60,  # An address, at /verify/: enough for a stack of receipts, too few for guessing codes.
    "own": 120_000,  # This machine itself: the site asks for its visitors.
}

# --- parts -----------------------------------------------------------------------------------
INSTALLED_APPS = [
    "api",  # First: its `manage.py changepassword` takes the place of Django's.
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "anymail",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
MIDDLEWARE = [
    "api.middleware.RequestIdMiddleware",
    "api.middleware.WebhookMiddleware",
    "api.middleware.PlainTextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "api.middleware.SlashMiddleware",
    "api.middleware.SignInMiddleware",
    "api.middleware.RateLimitMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "api.middleware.PolicyMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DATABASES = env.env_databases()
DATABASE_ROUTERS = ["api.services.replicas.ReplicaRouter"]
# How long a question waits for the replica to know all that the primary knows; then the primary answers.
REPLICA_WAIT_SECONDS = 1.0
# How long a replica that did not answer is left alone.
REPLICA_REST_SECONDS = 15.0
STATIC_URL = "/static/"
STATIC_ROOT = ROOT / "var" / "static"
WHITENOISE_USE_FINDERS = True
# Files that are made for staff: web and worker must see the same folder. Handed out by views only.
FILES_DIR = env.env_folder("FILES_DIR", ROOT / "var" / "files")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "files": env.env_files_store(FILES_DIR),
}

# Lines of the log about a job bear the id of the request, and of the event, that caused it.
PROCRASTINATE_ON_APP_READY = "api.services.jobs.app_ready"

# --- safety ----------------------------------------------------------------------------------
_IS_HTTPS = SITE_URL.startswith("https://")
COOKIES_SECURE = env.env_bool("SECURE_COOKIES", _IS_HTTPS)
SESSION_COOKIE_SECURE = COOKIES_SECURE
SESSION_COOKIE_AGE = 12 * 3600  # Django's own session: between password and code, and for messages.
CSRF_COOKIE_SECURE = COOKIES_SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _IS_HTTPS else None
# Browsers then come by https alone. On a laptop it would lock its other projects out, too.
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _IS_HTTPS and ENVIRONMENT == "production" else 0
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
# Scripts are files of our own, everywhere.
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "frame-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.SELF],
    "base-uri": [CSP.NONE],
}
# The pages behind the sign-in: unfold's menus are Alpine.js, which evaluates its attributes.
STAFF_CSP = SECURE_CSP | {"script-src": [CSP.SELF, CSP.UNSAFE_EVAL]}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- API -------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["api.views.access.SignedIn"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["api.views.bodies.PlainJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "api.views.bodies.OneForm",
    "DEFAULT_SCHEMA_CLASS": "api.views.problem_responses.ProblemAutoSchema",
    "EXCEPTION_HANDLER": "api.errors.problem_response",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Domaap",
    "VERSION": "1",
    "DESCRIPTION": (ROOT / "api" / "guide.md").read_text(encoding="utf-8"),
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "DonationStatus": "api.models.DonationStatus",
        "DonationKind": "api.models.DonationKind",
        "FollowUpKind": "api.models.FollowUpKind",
        "PlanInterval": "api.models.PlanInterval",
        "TributeKind": "api.models.TributeKind",
        "Right": "api.models.Right",
    },
}
UNFOLD = {
    "SITE_TITLE": CHARITY_NAME,
    "SITE_HEADER": CHARITY_NAME,
    "SITE_ICON": f"{STATIC_URL}api/icon.svg",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": f"{STATIC_URL}api/icon.svg"}
    ],
    "SCRIPTS": [f"{STATIC_URL}api/staff.js"],
    "COLORS": {"primary": GREEN},
    "ACCOUNT": {"navigation": [{"title": "Your account", "link": "/admin/account/"}]},
    "STYLES": [
        f"{STATIC_URL}api/staff.css",
        f"{STATIC_URL}api/charts.css",
        f"{STATIC_URL}api/reports.css",
    ],
    "SIDEBAR": {"navigation": "api.views.staff.sidebar.sidebar", "show_all_applications": False},
}

# --- e-mail: SMTP when a host is set; else kept, and readable at /mailbox/ in embedded mode -----
MAILERS = env.env_mailers(is_required=not IS_EMBEDDED and not DEBUG)
SILENCED_SYSTEM_CHECKS = [
    # Other names under the charity's domain are not ours to bind, and a preloaded name is for good.
    "security.W005",
    "security.W021",
    # nginx sends http on to https; web itself is reached on the loopback only, where the site asks by http.
    "security.W008",
    "security.W019",  # E-mails are shown in frames of our own pages, which no other site can make.
    *([] if MAILERS else ["mail.W001"]),  # No mailer: e-mails are kept.
]
DEFAULT_FROM_EMAIL = env.env_email("DEFAULT_FROM_EMAIL", f"{CHARITY_NAME} <{CHARITY_EMAIL}>")
# Of addresses that must not be written to, only a hash with this key is kept. Changing it forgets them.
ADDRESS_HASH_KEY = env.env_shaped(
    "ADDRESS_HASH_KEY",
    SECRET_KEY,
    ".{32,}",
    "nothing, or at least 32 characters",
    is_secret=True,
)
# Where undeliverable e-mails come back to, read every ten minutes; none: they are not read.
BOUNCE_IMAP_HOST = env.env_line("BOUNCE_IMAP_HOST", "")
BOUNCE_IMAP_PORT = env.env_port("BOUNCE_IMAP_PORT", 993)
BOUNCE_IMAP_USER = env.env_line("BOUNCE_IMAP_USER", "")
BOUNCE_IMAP_PASSWORD = env.env_line("BOUNCE_IMAP_PASSWORD", "")
BOUNCE_IMAP_FOLDER = env.env_line("BOUNCE_IMAP_FOLDER", "INBOX")
BOUNCE_IMAP_USE_TLS = env.env_bool("BOUNCE_IMAP_USE_TLS", True)
# What mail services may tell at /api/mail/, "user:password" as they send it; none: nobody may.
MAIL_WEBHOOK_SECRET = env.env_shaped(
    "MAIL_WEBHOOK_SECRET",
    "",
    r"[^:\s]+:\S{16,}",
    "user:password with a password of 16 characters",
    is_secret=True,
)
ANYMAIL = {"WEBHOOK_SECRET": MAIL_WEBHOOK_SECRET}

# --- logs ------------------------------------------------------------------------------------
LOG_DIR = env.env_folder("LOG_DIR", ROOT / "var" / "logs")
# What was under way when a sender of e-mails was killed: on a disk of this machine, gone in a moment.
HANDOVERS_DIR = LOG_DIR / "handovers"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "api.logs.json_formatter"}},
    "handlers": {
        "file": {
            "class": "concurrent_log_handler.ConcurrentRotatingFileHandler",
            "filename": str(LOG_DIR / "application.log"),
            "maxBytes": 20_000_000,
            "backupCount": 10,
            # A command that an operator runs as root must not take the log away from the services.
            "owner": folder_owner(LOG_DIR),
            "formatter": "json",
        },
        "console": {"class": "logging.StreamHandler", "formatter": "json"},
    },
    "root": {"handlers": ["file", "console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO"},  # Its own would say each line a second time.
        **{
            name: {"level": "WARNING"}
            for name in (
                "django.server",
                "stripe",
                "procrastinate",
                "httpx",
                "fontTools",
                "ofxtools",
            )
        },
    },
}

# --- watching over it --------------------------------------------------------------------------
RELEASE = env.release_name()
ENV_FILE = ROOT / ".env"
SECRET_FILES = [ENV_FILE, ROOT / "var" / "embedded.env"]
DNS_SERVER = ""  # address:port; empty: as the system says
BACKUP_STATUS_FILE = env.env_path_of_others(
    "BACKUP_STATUS_FILE", "/var/lib/domaap/backup-status.json"
)
METRICS_FLUSH_SECONDS = 5.0  # How often each process adds its counts to everybody's.
METRICS_TOKEN = env.env_secret_or_none("METRICS_TOKEN")
SENTRY_DSN = env.env_sentry_dsn("SENTRY_DSN")

# --- what is each right and together is not ------------------------------------------------------
safety_check(start_of(globals()))
sentry_start(dsn=SENTRY_DSN, environment=ENVIRONMENT, release=RELEASE)
