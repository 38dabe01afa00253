"""A site on sessions, and its app on tokens, among axes, hijack, cors-headers, python-social-auth and spectacular."""

SECRET_KEY = "of an example"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "examples.neighbours.urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "axes",
    "corsheaders",
    "drf_spectacular",
    "hijack",
    "social_django",
    "rest_framework",
    "knox",
    "mfa",
]
MIDDLEWARE = [
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "hijack.middleware.HijackUserMiddleware",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.SessionAuthentication",
        "knox.auth.TokenAuthentication",
    ],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
MFA = {"TOKEN_PROVIDER": ["session", "knox"], "METHODS": ["totp", "recovery"]}

# django-axes
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "social_core.backends.username.UsernameAuth",
    "examples.neighbours.social.Elsewhere",
]
AXES_FAILURE_LIMIT = 3
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "value", "trust_token"]

# django-hijack
HIJACK_PERMISSION_CHECK = "examples.neighbours.places.superusers_into_enrolled"

# django-cors-headers
CORS_ALLOWED_ORIGINS = ["https://app.example.com"]
CORS_ALLOW_CREDENTIALS = True
CORS_EXPOSE_HEADERS = ["MFA-Registration-Deadline", "Retry-After", "WWW-Authenticate"]
CSRF_TRUSTED_ORIGINS = ["https://app.example.com"]

# python-social-auth
LOGIN_REDIRECT_URL = "/payslips/"

# drf-spectacular
SPECTACULAR_SETTINGS = {
    "TITLE": "Payslips",
    "VERSION": "1.0.0",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "mfa.adapters.drf.schema.describe_options",
    ],
}
