"""How pages are made of templates."""

from jinja2 import Environment, PackageLoader, StrictUndefined


def pages() -> Environment:
    """Return what renders the templates of this package; a name that is missing raises."""
    return Environment(
        loader=PackageLoader("auto_deployment.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
