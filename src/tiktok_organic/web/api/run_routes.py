"""Runs in the API."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request

from tiktok_organic.actions.runs.run_document import run_document
from tiktok_organic.web.api.document_models import Run
from tiktok_organic.web.api.token_permissions import Reader
from tiktok_organic.web.errors.problems import advice_for
from tiktok_organic.web.site import site_of

__all__ = ["router"]

router = APIRouter(tags=["runs"])


@router.get("/runs", response_model=list[Run], summary="Runs of all connectors, newest first")
def newest(request: Request, token: Reader, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> Any:
    return [run_document(run, advice_for) for run in site_of(request).app.runs.newest(limit=limit)]


@router.get("/runs/{run_id}", response_model=Run, summary="One run")
def one(request: Request, token: Reader, run_id: Annotated[str, Path(max_length=100)]) -> Any:
    return run_document(site_of(request).app.runs.get(run_id), advice_for)
