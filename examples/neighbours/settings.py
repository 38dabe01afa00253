"""A site on sessions among other packages: axes, hijack, cors-headers and python-social-auth."""

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
    "hijack",
    "social_django",
    "rest_framework",
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
REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"]}
MFA = {"TOKEN_PROVIDER": "session", "METHODS": ["totp", "recovery"]}

# django-axes
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "social_core.backends.username.UsernameAuth",
]
AXES_FAILURE_LIMIT = 3
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]

# django-cors-headers
CORS_ALLOWED_ORIGINS = ["https://app.example.com"]
CORS_ALLOW_CREDENTIALS = True
CORS_EXPOSE_HEADERS = ["MFA-Registration-Deadline", "Retry-After", "WWW-Authenticate"]
CSRF_TRUSTED_ORIGINS = ["https://app.example.com"]

# python-social-auth
LOGIN_REDIRECT_URL = "/payslips/"
