"""What a browser may do with our pages (Content-Security-Policy), by part of the site."""

from csp.constants import NONCE, NONE, SELF

SITE = {
    "default-src": [NONE],
    "script-src": [SELF, NONCE],
    "style-src": [SELF, NONCE],
    "style-src-attr": ["'unsafe-inline'"],  # custom properties (`--v:45%`) and map markers
    "img-src": [SELF, "data:", "blob:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "worker-src": [SELF, "blob:"],
    "manifest-src": [SELF],
    "frame-ancestors": [NONE],
    "base-uri": [SELF],
    "form-action": [SELF],
}
# The admin's Alpine evaluates attributes; without these two words its sign-in page hides under an invisible overlay.
ADMIN = {"script-src": [SELF, "'unsafe-eval'", "'unsafe-inline'"], "style-src": [SELF, "'unsafe-inline'"]}
# Swagger UI writes <style> elements. Its scripts are our own static files, none inline.
API_DOCS = {"script-src": [SELF], "style-src": [SELF, "'unsafe-inline'"]}
