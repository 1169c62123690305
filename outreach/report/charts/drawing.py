"""The report's charts as SVG: funnel, outcomes, latency, requests against the budget, people over time."""

from outreach.report.charts import bars, curves
from outreach.report.charts.palette import INK
from outreach.report.figures.gather import Figures


def draw_charts(figures: Figures) -> dict[str, str]:
    """SVG by title, in order; a chart without anything to show is left out."""
    drawn = {
        "From rows to interactions": bars.draw_funnel(figures),
        "Outcomes by channel and reason": bars.draw_outcomes(figures),
        "Latency of creating calls": curves.draw_latency(figures),
        "Requests a minute against the budget": curves.draw_requests(figures),
        "Contacts started a minute": curves.draw_contacts(figures),
    }
    return {title: svg for title, svg in drawn.items() if svg}


def inline(svg: str) -> str:
    """A chart for a place inside a page: its ink is the colour of the text around it."""
    return svg.replace(INK, "currentColor")
