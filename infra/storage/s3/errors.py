"""What S3 says when something is wrong, in words that name the next step."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn, cast

from botocore import exceptions as boto  # pyright: ignore

from docmill.schemas.errors import StoreError, StoreRefused

_KEYS = "Correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the profile in AWS_PROFILE."
_LOGIN = "Log in again (`aws sso login`), or set new keys and AWS_SESSION_TOKEN."
_RIGHTS = "Give its user the rights listed in docs/storage.md."
_REGION = "Set AWS_DEFAULT_REGION to the region of the bucket"
_ENDPOINT = "Is the server running? Its address is set by AWS_ENDPOINT_URL_S3."
_BUCKET = "Create the bucket, or correct its name, or AWS_ENDPOINT_URL_S3."
_CLOCK = "Set this machine's clock."
_LATER = "The store answers badly at the moment: run the command again later."

# Error code of the answer, or the status where an answer has no body, as to HEAD:
# (what is wrong, what to do).
_REFUSALS: Mapping[str, tuple[str, str]] = {
    "SignatureDoesNotMatch": ("the secret key is wrong", _KEYS),
    "InvalidAccessKeyId": ("the access key is unknown", _KEYS),
    "AccessDenied": ("access is denied", _RIGHTS),
    "AllAccessDisabled": ("access is disabled", _RIGHTS),
    "403": ("access is denied", f"{_KEYS} {_RIGHTS}"),
    "ExpiredToken": ("the session token has expired", _LOGIN),
    "TokenRefreshRequired": ("the session token has expired", _LOGIN),
    "InvalidToken": ("the session token is not valid", _LOGIN),
    "RequestTimeTooSkewed": ("this machine's clock is wrong", _CLOCK),
    "NoSuchBucket": ("the bucket does not exist", _BUCKET),
    "InvalidBucketName": ("that is no name of a bucket", _BUCKET),
    "PermanentRedirect": ("the bucket is in another region", _REGION),
    "301": ("the bucket is in another region", _REGION),
    "AuthorizationHeaderMalformed": ("the bucket is in another region", _REGION),
    "IllegalLocationConstraintException": ("the bucket is in another region", _REGION),
    "NotImplemented": (
        "the server lacks something that is needed",
        "docs/storage.md says what a server must be able to do.",
    ),
}
# Refused now, perhaps not the next time: an answer that is neither 5xx nor the request's fault.
_PASSING = ("RequestTimeout", "408", "409", "429", "ConditionalRequestConflict", "OperationAborted")
_NO_CREDENTIALS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.ProfileNotFound,
    boto.SSOError,
    boto.TokenRetrievalError,
)
_UNREACHABLE = (boto.EndpointConnectionError, boto.ConnectTimeoutError, boto.ProxyConnectionError)


@contextmanager
def translated(action: str) -> Generator[None]:
    """Whatever boto3 raises inside becomes a `StoreError`: “cannot {action}: …”.

    Raises:
        StoreRefused: the store will not do it until somebody changes something.
        StoreError: it may do it the next time.
    """
    try:
        yield
    except boto.ClientError as error:
        _raise_answer(action, error)
    except _NO_CREDENTIALS as error:
        raise StoreRefused(f"cannot {action}: no usable credentials: {error}", _KEYS) from error
    except boto.NoRegionError as error:
        raise StoreRefused(f"cannot {action}: no region is set", f"{_REGION}.") from error
    except _UNREACHABLE as error:
        raise StoreError(f"cannot {action}: {_first_line(error)}", _ENDPOINT) from error
    except boto.SSLError as error:
        hint = "Name the server's certificate authority in AWS_CA_BUNDLE."
        raise StoreError(f"cannot {action}: {_first_line(error)}", hint) from error
    except (boto.HTTPClientError, boto.ConnectionError, boto.FlexibleChecksumError) as error:
        raise StoreError(f"cannot {action}: {_first_line(error)}", _LATER) from error
    except (boto.BotoCoreError, ValueError) as error:  # ValueError: an endpoint that is no URL
        hint = "Check the AWS_… variables, ~/.aws/config and the name of the bucket."
        raise StoreRefused(f"cannot {action}: {_first_line(error)}", hint) from error


def answer_of(error: Any) -> Mapping[str, Any]:
    """The answer that a `ClientError` was made of."""
    return cast(Mapping[str, Any], error.response)


def code_of(error: Any) -> str:
    """The error code of an answer; its HTTP status where it has no body."""
    return str(answer_of(error).get("Error", {}).get("Code", status_of(error)))


def status_of(error: Any) -> int:
    """The HTTP status of an answer."""
    return int(answer_of(error).get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def retries_of(error: Any) -> int:
    """How often the request had been tried before the answer came."""
    return int(answer_of(error).get("ResponseMetadata", {}).get("RetryAttempts", 0))


def _raise_answer(action: str, error: Any) -> NoReturn:
    code, status = code_of(error), status_of(error)
    if code in _REFUSALS:
        what, hint = _REFUSALS[code]
        hint = f"{_REGION}{_region_of(error)}." if hint is _REGION else hint
        raise StoreRefused(f"cannot {action}: {what} ({code})", hint) from error
    said = answer_of(error).get("Error", {}).get("Message") or "no explanation"
    message = f"cannot {action}: the store answered {code}: {said}"
    if status >= 500 or code in _PASSING or str(status) in _PASSING:
        raise StoreError(message, _LATER) from error
    raise StoreRefused(message, "docs/storage.md says what docmill asks of a store.") from error


def _region_of(error: Any) -> str:
    headers = answer_of(error).get("ResponseMetadata", {}).get("HTTPHeaders", {})
    region = headers.get("x-amz-bucket-region") or answer_of(error).get("Error", {}).get("Region")
    return f", {region}" if region else ""


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
