"""How what goes with a later version says so beforehand."""


class MfaDeprecationWarning(DeprecationWarning):
    """Warns whoever uses what a later version of this package goes without.

    Args:
        name: What is deprecated, as one writes it: a dotted path, or a key of ``MFA``.
        instead: What to write in its place.
        gone_in: The first version without it, such as ``"0.4"``: two minor versions after the first that warns.

    """

    def __init__(self, name: str, *, instead: str, gone_in: str) -> None:
        super().__init__(f"{name} is deprecated and goes with drf-mfa {gone_in}. Use {instead} instead.")
        self.name = name
        self.instead = instead
        self.gone_in = gone_in
