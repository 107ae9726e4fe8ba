/// The page's style sheet.
enum PageStyle {
  static let css = """
    :root{--bg:#fdfdfc;--card:#fff;--ink:#1b1b1a;--soft:#5d5d59;--line:#e4e4df;--grid:#ececE8;\
    --axis:#8a8a85;--yes:#00704f;--no:#b34700;--open:#6b6b66;\
    --c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#c35c94;--c4:#c98500;--c5:#3a9bd4;--c6:#222}
    @media(prefers-color-scheme:dark){:root{--bg:#151617;--card:#1c1d1f;--ink:#ececea;--soft:#a5a5a0;\
    --line:#2e3033;--grid:#2b2d30;--axis:#7d7f82;--yes:#3fc79a;--no:#ff9152;--open:#b5b5b0;\
    --c0:#4ba6e0;--c1:#ff8438;--c2:#2fc79a;--c3:#e191bd;--c4:#f0b12f;--c5:#8fd0f7;--c6:#f2f2f2}}
    *{box-sizing:border-box}
    body{margin:0 auto;max-width:1200px;padding:48px 24px 64px;background:var(--bg);color:var(--ink);\
    font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;\
    overflow-wrap:break-word}
    h1{font-size:2.1rem;line-height:1.2;margin:0 0 12px;letter-spacing:-.02em;font-weight:650}
    h2{font-size:1.3rem;margin:56px 0 18px;font-weight:620;letter-spacing:-.01em}
    h3{font-size:1.02rem;margin:0 0 8px;font-weight:600;line-height:1.35}
    p{margin:0 0 8px}.lead{font-size:1.15rem;max-width:46em}.facts,.note,footer{color:var(--soft)}
    .facts{font-size:.95rem}.note,footer{font-size:.86rem}
    .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),1fr));gap:24px;align-items:start}
    .figures+.note{margin-top:16px}
    figure{margin:0;padding:20px 22px 16px;background:var(--card);border:1px solid var(--line);\
    border-radius:10px;min-width:0}
    figure svg{display:block;width:100%;height:auto;font-size:12.5px;fill:var(--ink);\
    border-radius:4px}
    figure svg text{font-variant-numeric:tabular-nums}
    figcaption,.cap{color:var(--soft);font-size:.86rem;line-height:1.5;margin:10px 0 8px}
    .fits{margin:0 0 8px;color:var(--soft)}.fits caption{text-align:left;padding-bottom:3px}\
    .fits th,.fits td{border:0;padding:1px 18px 1px 0;white-space:normal}.fits th{font-weight:400}\
    .fits td{color:var(--ink)}
    .legend{list-style:none;display:flex;flex-wrap:wrap;gap:2px 18px;margin:0 0 6px;padding:0;\
    font-size:.86rem}
    .legend li{display:flex;align-items:center;gap:7px}.legend svg{width:34px;flex:none}
    .s0{--c:var(--c0)}.s1{--c:var(--c1)}.s2{--c:var(--c2)}.s3{--c:var(--c3)}.s4{--c:var(--c4)}\
    .s5{--c:var(--c5)}.s6{--c:var(--c6)}
    .l{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round}.b{fill:var(--c);opacity:.16}
    .m{fill:var(--c);stroke:var(--card);stroke-width:1}.h{opacity:0}
    .r{fill:var(--c);stroke:var(--card);stroke-width:1}
    .on{opacity:1;stroke:var(--ink);stroke-width:1.6}
    .g{fill:none;stroke:var(--grid)}.a{fill:none;stroke:var(--axis)}
    .f{fill:none;stroke:var(--axis);stroke-width:1.4}
    svg:focus-visible,summary:focus-visible,button:focus-visible{outline:2px solid var(--c0);\
    outline-offset:3px}
    details{margin-top:6px}summary{cursor:pointer;color:var(--soft);font-size:.88rem;padding:4px 0}
    summary:hover{color:var(--ink)}
    .scroll{overflow-x:auto;max-height:26rem;overflow-y:auto;margin:6px 0}
    table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums}
    th,td{text-align:left;padding:4px 18px 4px 0;border-bottom:1px solid var(--line);\
    vertical-align:top;white-space:nowrap}
    th{font-weight:600}thead th{position:sticky;top:0;background:var(--card)}
    section>details thead th{background:var(--bg)}
    .list td{white-space:normal}.list th{color:var(--soft);font-weight:500}.list{width:100%}
    .list td{overflow-wrap:anywhere;padding-right:0}
    .setup{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),1fr));gap:0 48px}
    .setup .scroll{max-height:none}
    .claims{list-style:none;margin:0;padding:0}
    .claims li{display:grid;grid-template-columns:11.5em 1fr;gap:4px 20px;padding:16px 0;\
    border-top:1px solid var(--line)}
    .claims li:last-child{border-bottom:1px solid var(--line)}
    .claims p{margin:0 0 3px;max-width:50em}.statement{font-weight:600}.verdict{font-weight:600}
    .verdict span{display:inline-block;width:1.5em;height:1.5em;line-height:1.4em;text-align:center;\
    border:1.5px solid;border-radius:50%;margin-right:.3em}
    .yes .verdict{color:var(--yes)}.no .verdict{color:var(--no)}.open .verdict{color:var(--open)}
    .open .verdict span{border-style:dashed}
    button{font:inherit;font-size:.84rem;color:inherit;background:none;border:1px solid var(--line);\
    border-radius:6px;padding:3px 12px;cursor:pointer}
    footer{margin-top:56px}
    #tip{position:absolute;z-index:9;pointer-events:none;background:var(--ink);color:var(--bg);\
    padding:6px 10px;border-radius:6px;font-size:.82rem;line-height:1.4;white-space:pre-line;\
    max-width:300px;font-variant-numeric:tabular-nums}
    @media(max-width:560px){body{padding:28px 16px 48px}h1{font-size:1.6rem}\
    figure{padding:14px 12px 10px;border-radius:8px}figure svg{font-size:18px}\
    .claims li{grid-template-columns:1fr}h2{margin-top:40px}}
    @media print{:root{--bg:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#ccc;--grid:#e6e6e6;\
    --axis:#777;--yes:#00704f;--no:#b34700;--open:#555;--c0:#0072b2;--c1:#d55e00;--c2:#009e73;\
    --c3:#c35c94;--c4:#c98500;--c5:#3a9bd4;--c6:#222}body{padding:0;max-width:none;font-size:11pt}\
    figure{break-inside:avoid}.figures{grid-template-columns:1fr 1fr;gap:12px}\
    .data,button,#tip{display:none}.scroll{overflow:visible;max-height:none}h2{break-after:avoid}}
    """
}
