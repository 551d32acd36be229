"""A report as JUnit's XML."""

from xml.etree import ElementTree as ET

from benchmarks.analysis.gate import Verdict
from benchmarks.reports.report import Report
from benchmarks.reports.wording import interval, limit, measured, of_verdict


def to_junit(report: Report) -> str:
    """Each objective as a test case: not kept is a failure, not proven is skipped, without traffic is an error."""
    name = f"{report.word}{report.run.meta.scenario}"
    suite = ET.Element("testsuite", name=name, tests=str(len(report.judged)))
    for one in report.judged:
        case = ET.SubElement(suite, "testcase", classname=name, name=one.objective.name)
        text = f"measured {measured(one)}, limit {limit(one)}, interval {interval(one)} {one.why}".strip()
        if report.verdict is Verdict.INVALID:
            ET.SubElement(case, "error", message=of_verdict(report))
        elif one.verdict is Verdict.BROKEN and one.objective.hard:
            ET.SubElement(case, "failure", message=text)
        elif one.verdict is Verdict.NOT_PROVEN:
            ET.SubElement(case, "skipped", message=f"not proven: {text}")
        else:
            ET.SubElement(case, "system-out").text = text
    for result, tag in (("failures", "failure"), ("skipped", "skipped"), ("errors", "error")):
        suite.set(result, str(len(suite.findall(f"testcase/{tag}"))))
    return ET.tostring(suite, encoding="unicode", xml_declaration=True)
