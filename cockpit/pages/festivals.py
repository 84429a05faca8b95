"""Festivals (节会): which are on, their days by the lunar calendar, thresholds, posts and who is on duty."""

from typing import Any

import msgspec
from dash import html

from cockpit.pages import frame
from layers.visitors.capacity import levels
from layers.visitors.queries import counted_sites
from store.language import named, say


def page(community: str | None = None, theme: str | None = None, at: str | None = None, **_other: str) -> Any:
    """The layout of ``/festivals``; the script asks the API."""
    known = frame.known_community(community)
    ranks = [level for level in levels.by_rank() if level.rank]
    defaults = levels.default_limits()
    words = {
        "levels": {
            level.code: {"name": named(level), "mark": level.mark, "from": defaults[level.rank or 0]} for level in ranks
        },
        "sites": {site.code: named(site) for site in counted_sites(known.code)},
    }
    told = html.Section(
        [
            html.P(
                say(
                    "节会期间按方案的阈值判定客流等级，岗位与值守在此登记。按农历自动开始和结束，也可手动；手动的在下一次农历起止时失效。"
                    "值守只登记单位、角色或账号，不登记居民。标有「据文献」的只知道日期，未经镇方配置。"
                ),
                className="second",
            ),
            html.P("", className="outcome", role="status", **{"data-outcome": ""}),
        ],
        className="panel overview",
    )
    content = [told, html.Div(className="festivals", **{"data-festivals": ""}), html.Div(**{"data-new-festival": ""})]
    body = html.Div(content, className="sheets", **{"data-words": msgspec.json.encode(words).decode()})
    return frame.desk(known, "festivals", [body], theme=frame.theme_of(theme), **frame.past_of(at))
