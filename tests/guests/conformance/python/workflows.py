"""The scenarios of ../README.md."""

import activities  # noqa: F401
import bugs  # noqa: F401
import cancellation  # noqa: F401
import chains  # noqa: F401
import children  # noqa: F401
import data  # noqa: F401
import giving_up  # noqa: F401
import handlers  # noqa: F401
import options  # noqa: F401
import other_runs  # noqa: F401
import timers  # noqa: F401
