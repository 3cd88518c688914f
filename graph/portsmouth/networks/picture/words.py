"""The words of a picture beside the names in it, by language; English where there are none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: Words by language.
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "influence": "Who acted on whom",
        "signing": "Who signed with whom",
        "command": "Who commanded or headed what",
        "negotiation": "Who negotiated with whom",
        "offices": "Who held office for whom",
        "person": "person",
        "institution": "body or group",
        "state": "state",
        "persuaded": "persuaded, advised, asked, informed …",
        "instructed": "instructed, appointed, pressed …",
        "funded": "funded, rewarded",
        "mediated": "mediated, represented …",
        "fought": "defeated, opposed",
        "signed": "signed or negotiated together",
        "failed": "faint: refused, ignored, without effect",
        "disputed": "passages disagree",
        "side": "colour: the side of who acts",
        "none": "on no stated side",
        "counts": "{nodes} actors, {edges} arcs, {events} acts from {passages} passages; {undated} undated",
        "most": "the {shown} of {all} actors with most acts",
        "all": "all acts",
        "effects": "only what was not refused or ignored",
        "mode": "mode",
        "outcome": "outcome",
        "stance": "stance",
        "part": "part",
        "only": "according to",
        "without": "without",
        "since": "from",
        "until": "until",
        "roll_up": "rolled up to",
        "data": "Data: Portsmouth 1905, snapshot {snapshot}",
    },
    "th": {
        "influence": "ใครมีอิทธิพลต่อใคร",
        "signing": "ใครลงนามร่วมกับใคร",
        "command": "ใครบังคับบัญชาหรือเป็นหัวหน้าอะไร",
        "negotiation": "ใครเจรจากับใคร",
        "offices": "ใครดำรงตำแหน่งให้ใคร",
        "person": "บุคคล",
        "institution": "องค์กรหรือกลุ่ม",
        "state": "รัฐ",
        "persuaded": "โน้มน้าว แนะนำ ขอร้อง แจ้ง …",
        "instructed": "สั่งการ แต่งตั้ง กดดัน …",
        "funded": "ให้ทุน ตอบแทน",
        "mediated": "ไกล่เกลี่ย เป็นตัวแทน …",
        "fought": "เอาชนะ คัดค้าน",
        "signed": "ลงนามหรือเจรจาร่วมกัน",
        "failed": "เส้นจาง: ถูกปฏิเสธ เพิกเฉย หรือไม่เป็นผล",
        "disputed": "บรรทัดต่าง ๆ เล่าไม่ตรงกัน",
        "side": "สี: ฝ่ายของผู้กระทำ",
        "none": "ไม่ระบุฝ่าย",
        "counts": "ผู้กระทำ {nodes} เส้น {edges} การกระทำ {events} จาก {passages} บรรทัด ไม่ระบุวัน {undated}",
        "most": "ผู้กระทำ {shown} จาก {all} ที่มีการกระทำมากที่สุด",
        "all": "ทุกการกระทำ",
        "effects": "เฉพาะที่ไม่ถูกปฏิเสธหรือเพิกเฉย",
        "mode": "วิธี",
        "outcome": "ผล",
        "stance": "ท่าที",
        "part": "ส่วน",
        "only": "ตาม",
        "without": "ไม่รวม",
        "since": "ตั้งแต่",
        "until": "ถึง",
        "roll_up": "รวมเป็น",
        "data": "ข้อมูล: Portsmouth 1905 ฉบับ {snapshot}",
    },
}


def words(language: str) -> Mapping[str, str]:
    """Return the words of a language, English ones where there are none.

    >>> words("ja")["state"]
    'state'
    """
    return WORDS.get(language, WORDS["en"])
