"""``docs/errors.md`` names every class and every code, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from isthmus import errors

TYPESCRIPT = (Path(__file__).parents[3] / "src" / "errors.ts").read_text()
CLASSES = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.IsthmusError)]
CODES = re.findall(r"\| '(ISTHMUS_\w+)'", TYPESCRIPT)


def test_both_languages_have_the_same_classes():
    assert len(CLASSES) >= 10
    assert {c.__name__ for c in CLASSES} == set(re.findall(r"export class (\w+Error)", TYPESCRIPT))


@pytest.mark.parametrize("cls", CLASSES, ids=lambda c: c.__name__)
def test_the_page_names_each_class_and_its_code(page, cls):
    assert f"`{cls.__name__}`" in page
    assert cls.code in CODES


@pytest.mark.parametrize("code", CODES)
def test_the_page_has_a_section_for_each_code(page, code):
    assert f"\n## {code}\n" in page
    assert f"[`{code}`](#{code.lower()})" in page


def test_the_page_has_no_code_that_there_is_not(page):
    assert set(re.findall(r"ISTHMUS_(?:GRAPH|[A-Z_]+)", page)) - set(CODES) <= {
        "ISTHMUS_NODE",
        "ISTHMUS_PYTHON",
    }


@pytest.mark.parametrize("code", CODES)
def test_a_report_becomes_the_error_of_its_code(code):
    error = errors.error_from_report({"code": code, "message": "what", "operator": "score"})
    assert (error.code, str(error), error.report["operator"]) == (code, "what", "score")
    assert type(error) is not errors.IsthmusError


def test_an_unsupported_call_is_a_not_implemented_error(env, page):
    with pytest.raises(NotImplementedError, match="exists in PyFlink") as caught:
        env.from_collection([1]).cache()
    assert isinstance(caught.value, errors.UnsupportedError)
    assert str(caught.value) in page
