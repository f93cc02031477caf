"""What the scenarios have in common."""

from datetime import timedelta

from dalsegno import workflow
from dalsegno.common import RetryPolicy
from dalsegno.exceptions import ApplicationError

MINUTE = timedelta(minutes=1)


def start(name, *args, **options):
    """Schedules an activity."""
    return workflow.start_activity(name, args=args, **{"start_to_close_timeout": MINUTE, **options})


async def activity(name, *args, **options):
    """Schedules an activity, and awaits it."""
    return await start(name, *args, **options)


async def local_activity(name, *args):
    """The same in the host itself."""
    return await workflow.execute_local_activity(name, args=args, start_to_close_timeout=MINUTE)


def retry(attempts, *not_retried):
    """The scenarios' policy."""
    return RetryPolicy(
        initial_interval=timedelta(milliseconds=10),
        backoff_coefficient=1.0,
        maximum_interval=timedelta(seconds=1),
        maximum_attempts=attempts,
        non_retryable_error_types=not_retried,
    )


def application(error: BaseException) -> ApplicationError:
    """The first application failure of a chain."""
    while not isinstance(error, ApplicationError):
        assert error.__cause__ is not None
        error = error.__cause__
    return error
