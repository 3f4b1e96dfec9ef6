from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RecommendRequest(_message.Message):
    __slots__ = ("user", "n", "exclude", "genre", "model")
    USER_FIELD_NUMBER: _ClassVar[int]
    N_FIELD_NUMBER: _ClassVar[int]
    EXCLUDE_FIELD_NUMBER: _ClassVar[int]
    GENRE_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    user: int
    n: int
    exclude: _containers.RepeatedScalarFieldContainer[str]
    genre: str
    model: str
    def __init__(self, user: _Optional[int] = ..., n: _Optional[int] = ..., exclude: _Optional[_Iterable[str]] = ..., genre: _Optional[str] = ..., model: _Optional[str] = ...) -> None: ...

class SimilarRequest(_message.Message):
    __slots__ = ("movie", "n", "model")
    MOVIE_FIELD_NUMBER: _ClassVar[int]
    N_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    movie: str
    n: int
    model: str
    def __init__(self, movie: _Optional[str] = ..., n: _Optional[int] = ..., model: _Optional[str] = ...) -> None: ...

class PopularRequest(_message.Message):
    __slots__ = ("n", "exclude", "genre", "model")
    N_FIELD_NUMBER: _ClassVar[int]
    EXCLUDE_FIELD_NUMBER: _ClassVar[int]
    GENRE_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    n: int
    exclude: _containers.RepeatedScalarFieldContainer[str]
    genre: str
    model: str
    def __init__(self, n: _Optional[int] = ..., exclude: _Optional[_Iterable[str]] = ..., genre: _Optional[str] = ..., model: _Optional[str] = ...) -> None: ...

class MovieList(_message.Message):
    __slots__ = ("movie_ids", "source", "model_version", "release", "track", "fresh_s")
    MOVIE_IDS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    TRACK_FIELD_NUMBER: _ClassVar[int]
    FRESH_S_FIELD_NUMBER: _ClassVar[int]
    movie_ids: _containers.RepeatedScalarFieldContainer[str]
    source: str
    model_version: str
    release: str
    track: str
    fresh_s: int
    def __init__(self, movie_ids: _Optional[_Iterable[str]] = ..., source: _Optional[str] = ..., model_version: _Optional[str] = ..., release: _Optional[str] = ..., track: _Optional[str] = ..., fresh_s: _Optional[int] = ...) -> None: ...

class ModelStatusRequest(_message.Message):
    __slots__ = ("model",)
    MODEL_FIELD_NUMBER: _ClassVar[int]
    model: str
    def __init__(self, model: _Optional[str] = ...) -> None: ...

class ModelStatusReply(_message.Message):
    __slots__ = ("models",)
    MODELS_FIELD_NUMBER: _ClassVar[int]
    models: _containers.RepeatedCompositeFieldContainer[Model]
    def __init__(self, models: _Optional[_Iterable[_Union[Model, _Mapping]]] = ...) -> None: ...

class Model(_message.Message):
    __slots__ = ("name", "model_version", "release", "track", "content_hash", "trained_at", "ready")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    TRACK_FIELD_NUMBER: _ClassVar[int]
    CONTENT_HASH_FIELD_NUMBER: _ClassVar[int]
    TRAINED_AT_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    name: str
    model_version: str
    release: str
    track: str
    content_hash: str
    trained_at: str
    ready: bool
    def __init__(self, name: _Optional[str] = ..., model_version: _Optional[str] = ..., release: _Optional[str] = ..., track: _Optional[str] = ..., content_hash: _Optional[str] = ..., trained_at: _Optional[str] = ..., ready: _Optional[bool] = ...) -> None: ...
