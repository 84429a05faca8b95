"""The page of governance: what is written down shows at once, and who quarrels is shown to nobody who need not know."""

import re
from concurrent.futures import ThreadPoolExecutor

import httpx
from playwright.sync_api import Page, expect

from tests.end_to_end.test_events import client
from tests.running import Cockpit


def test_a_mediation_is_opened_taken_on_and_counted_and_its_parties_stay_sealed(cockpit: Cockpit, page: Page) -> None:
    cockpit.sign_in(page, "共治经理", "manager", "heling")
    page.goto(f"{cockpit.url}/governance?community=heling")
    panel = page.locator('[data-kind="mediation"]')
    panel.get_by_text("登记居民会客厅 · 调解").click()
    panel.get_by_label("事由").select_option("采光通风")
    panel.get_by_label("当事人（加密保存）").fill("张某<script>alert(1)</script>")
    panel.get_by_label("情况（加密保存）").fill("走廊加高挡光")
    panel.get_by_role("button", name="登记").click()
    row = panel.locator(".matter").first
    expect(row).to_contain_text("采光通风")
    expect(panel.locator('[data-state="received"]')).to_have_text("1")
    assert "张某" not in page.content()
    row.get_by_role("button", name="会谈").click()
    expect(panel.locator(".matter .second").first).to_contain_text("会谈")  # the button says it too
    expect(panel.locator('[data-state="talks"]')).to_have_text("1")
    panel.get_by_role("button", name="查看当事人").click()
    expect(panel.locator(".unsealed")).to_contain_text("张某<script>alert(1)</script>")
    everywhere = httpx.get(f"{cockpit.url}/api/v1/heling/governance").text
    steward = client(cockpit, "共治网格", "steward", "heling")
    listed = steward.get("/api/v1/heling/governance/matters", params={"kind": "mediation"})
    assert (listed.status_code, "张某" in everywhere, "走廊" in everywhere) == (403, False, False)
    assert "张某".encode() not in b"".join(file.read_bytes() for file in cockpit.data.glob("cockpit.db*"))


def test_the_council_and_the_ledger_are_kept_on_the_page(cockpit: Cockpit, page: Page) -> None:
    cockpit.sign_in(page, "台账经理", "manager", "tahai")
    page.goto(f"{cockpit.url}/governance?community=tahai")
    council = page.locator("section", has=page.locator('[data-register="council"]'))
    council.get_by_text("加入成员").click()
    council.get_by_label("单位或岗位").fill("樟香物业")
    council.get_by_label("类别").select_option("物业")
    council.get_by_label("何时加入").fill("2026-11-01T09:00")
    council.locator("form", has_text="单位或岗位").get_by_role("button", name="登记").click()
    expect(council.locator(".entry").first).to_contain_text("樟香物业")
    expect(council.locator("[data-counts]")).to_contain_text("物业 1")
    council.get_by_text("登记会议").click()
    council.get_by_label("议题").fill("停车位")
    council.get_by_label("时间").fill("2026-10-20T09:30")
    expect(council.locator(".attendance")).to_contain_text("当时还没有成员")
    council.get_by_label("时间").fill("2026-11-20T09:30")
    expect(council.get_by_role("checkbox", name="樟香物业")).not_to_be_checked()
    council.locator("form", has_text="议题").get_by_role("button", name="登记").click()
    expect(council.locator(".outcome")).to_contain_text("请勾选到会的成员")
    council.get_by_role("checkbox", name="樟香物业").check()
    council.locator("form", has_text="议题").get_by_role("button", name="登记").click()
    expect(council).to_contain_text(re.compile("停车位.*到会 1 / 1"))
    expect(page.locator('[data-total="attendance"]')).to_have_text(re.compile("100.%（1/1）"))
    ledger = page.locator("section", has=page.locator('[data-register="partners"]'))
    ledger.get_by_text("加入企业").click()
    ledger.get_by_label("名称").fill("某某五金")
    ledger.locator("form").get_by_role("button", name="登记").click()
    ledger.get_by_text("登记服务").click()
    ledger.get_by_label("做了什么").fill("慰问困难户")
    ledger.get_by_label("时间").fill("2026-11-21T10:00")
    ledger.get_by_label("受益人次").fill("12")
    ledger.locator("form", has_text="做了什么").get_by_role("button", name="登记").click()
    expect(ledger).to_contain_text("11-21 慰问困难户 · 12 人次")
    expect(page.locator('[data-total="deeds"]')).to_have_text("1 次 · 12 人次")


def test_who_is_not_signed_in_sees_totals_only(cockpit: Cockpit, page: Page) -> None:
    page.goto(f"{cockpit.url}/governance?community=heling")
    expect(page.locator('[data-total="hard"]')).to_have_text(re.compile(r"\d / 1"))
    expect(page.locator('[data-register="council"]')).to_contain_text("登录后可查看：需要网格员")
    for path in ("matters?kind=hard", "council", "partners", "matters/none"):
        assert httpx.get(f"{cockpit.url}/api/v1/heling/governance/{path}").status_code == 401


def test_what_is_filed_eight_times_at_once_is_filed_once(either_cockpit: Cockpit) -> None:
    manager = client(either_cockpit, "八次经理", "manager", "tahai")
    base = "/api/v1/tahai/governance"
    member = {"body": "property", "name": "连点物业", "since": "2026-10-01T08:00:00+08:00"}
    partner = {"field": "assistance", "name": "连点五金"}
    number = manager.post(f"{base}/council/members", json=member | {"name": "先到物业"}).json()["id"]
    ledger = manager.post(f"{base}/partners", json=partner | {"name": "先到五金"}).json()["id"]
    filed = [
        ("/council/members", member),
        ("/partners", partner),
        ("/council/meetings", {"held": "2026-11-20T09:30:00+08:00", "subject": "停车", "present": [number]}),
        (f"/partners/{ledger}/deeds", {"done": "2026-11-20T09:30:00+08:00", "what": "慰问", "people": None}),
        ("/matters", {"kind": "hard", "title": "积水"}),
        ("/matters", {"id": "form-1", "kind": "mediation", "topic": "noise", "parties": "张某"}),
    ]
    for path, body in filed:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _n, at=path, said=body: manager.post(base + at, json=said), range(8)))
        assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201], path
        assert len({answer.json()["id"] for answer in answers}) == 1, path
    other = {"held": "2026-11-20T09:30:00+08:00", "subject": "停车", "present": []}
    assert manager.post(f"{base}/council/meetings", json=other).status_code == 409
    again = manager.post(f"{base}/matters", json={"id": "form-2", "kind": "mediation", "topic": "noise"})
    assert again.status_code == 201, "another one of the same topic"
