"""The OpenAPI document of a model, as clients of Cog know it."""

from __future__ import annotations

from typing import Any

OPENAPI_VERSION = "3.0.2"
# Cog's own value; it says nothing about the model.
DOCUMENT_VERSION = "0.1.0"
SHARED_COMPONENTS = frozenset({"Status", "HTTPValidationError", "ValidationError"})


class Service:
    """One of the two things that a model can do, with the words that its part of the document uses."""

    def __init__(self, path: str, noun: str, verb: str, prefix: str) -> None:
        """`prefix` starts the names of the schemas of inputs and outputs."""
        self.path = path
        self.noun = noun
        self.verb = verb
        self.input_name = f"{prefix}Input"
        self.output_name = f"{prefix}Output"
        self.request_name = f"{noun}Request"
        self.response_name = f"{noun}Response"


PREDICTION = Service("predictions", "Prediction", "predict", "")
TRAINING = Service("trainings", "Training", "train", "Training")


def reserved_components() -> set[str]:
    """Names of components that a parameter's enumeration must not take."""
    names = set(SHARED_COMPONENTS)
    for service in (PREDICTION, TRAINING):
        names |= {service.input_name, service.output_name, service.request_name, service.response_name}
    return names


def document(services: list[tuple[Service, dict[str, Any], bool]]) -> dict[str, Any]:
    """The document of `services`: each with its components (Input, Output, enumerations) and whether it streams."""
    paths: dict[str, Any] = {"/": _root(), "/health-check": _health_check()}
    schemas: dict[str, Any] = {}
    for service, components, is_streaming in services:
        schemas.update(components)
        paths[f"/{service.path}"] = {"post": _create(service, is_streaming)}
        paths[f"/{service.path}/{{{service.noun.lower()}_id}}/cancel"] = {"post": _cancel(service)}
        schemas[service.request_name] = _request(service)
        schemas[service.response_name] = _response(service)
    schemas["Status"] = {
        "title": "Status",
        "description": "An enumeration.",
        "enum": ["starting", "processing", "succeeded", "canceled", "failed"],
        "type": "string",
    }
    schemas["HTTPValidationError"] = {
        "title": "HTTPValidationError",
        "type": "object",
        "properties": {
            "detail": {"title": "Detail", "type": "array", "items": _reference("ValidationError")},
        },
    }
    schemas["ValidationError"] = {
        "title": "ValidationError",
        "required": ["loc", "msg", "type"],
        "type": "object",
        "properties": {
            "loc": {
                "title": "Location",
                "type": "array",
                "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            },
            "msg": {"title": "Message", "type": "string"},
            "type": {"title": "Error Type", "type": "string"},
        },
    }
    return {
        "openapi": OPENAPI_VERSION,
        "info": {"title": "Cog", "version": DOCUMENT_VERSION},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _answer(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "Successful Response", "content": {"application/json": {"schema": schema}}}


def _refusal() -> dict[str, Any]:
    return {
        "description": "Validation Error",
        "content": {"application/json": {"schema": _reference("HTTPValidationError")}},
    }


def _root() -> dict[str, Any]:
    return {
        "get": {
            "summary": "Root",
            "operationId": "root__get",
            "responses": {"200": _answer({"title": "Response Root  Get"})},
        }
    }


def _health_check() -> dict[str, Any]:
    return {
        "get": {
            "summary": "Healthcheck",
            "operationId": "healthcheck_health_check_get",
            "responses": {"200": _answer({"title": "Response Healthcheck Health Check Get"})},
        }
    }


def _create(service: Service, is_streaming: bool) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": service.verb.capitalize(),
        "description": f"Run a single {service.noun.lower()} on the model",
        "operationId": f"{service.verb}_{service.path}_post",
    }
    if is_streaming:
        operation["x-cog-streaming"] = True
    operation["requestBody"] = {"content": {"application/json": {"schema": _reference(service.request_name)}}}
    operation["responses"] = {"200": _answer(_reference(service.response_name)), "422": _refusal()}
    return operation


def _cancel(service: Service) -> dict[str, Any]:
    parameter = f"{service.noun.lower()}_id"
    prefix = "" if service is PREDICTION else f"_{service.noun.lower()}"
    return {
        "summary": "Cancel",
        "description": f"Cancel a running {service.noun.lower()}",
        "operationId": f"cancel{prefix}_{service.path}__{parameter}__cancel_post",
        "parameters": [
            {
                "required": True,
                "schema": {"title": f"{service.noun} ID", "type": "string"},
                "name": parameter,
                "in": "path",
            }
        ],
        "responses": {
            "200": _answer({"title": f"Response Cancel {service.path.capitalize()}"}),
            "422": _refusal(),
        },
    }


def _request(service: Service) -> dict[str, Any]:
    return {
        "title": service.request_name,
        "type": "object",
        "properties": {"id": {"title": "Id", "type": "string"}, "input": _reference(service.input_name)},
    }


def _response(service: Service) -> dict[str, Any]:
    return {
        "title": service.response_name,
        "type": "object",
        "properties": {
            "input": _reference(service.input_name),
            "output": _reference(service.output_name),
            "id": {"title": "Id", "type": "string"},
            "version": {"title": "Version", "type": "string"},
            "created_at": {"title": "Created At", "type": "string", "format": "date-time"},
            "started_at": {"title": "Started At", "type": "string", "format": "date-time"},
            "completed_at": {"title": "Completed At", "type": "string", "format": "date-time"},
            "status": _reference("Status"),
            "error": {"title": "Error", "type": "string"},
            "logs": {"title": "Logs", "type": "string", "default": ""},
            "metrics": {"title": "Metrics", "type": "object"},
        },
    }
