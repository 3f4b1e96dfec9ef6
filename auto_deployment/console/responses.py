"""The headers of every answer."""

from flask import Response

HTML = "text/html; charset=utf-8"
# No script or style but our own files can ever run here, whatever a title, a reason or a mail says.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)


def guarded(response: Response) -> Response:
    """Add what every answer says; what a view has said itself stays."""
    for name, value in (
        ("Content-Security-Policy", POLICY),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Cache-Control", "no-store"),
    ):
        response.headers.setdefault(name, value)
    return response
