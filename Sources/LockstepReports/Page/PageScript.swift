/// The page's script: values where somebody points, and tables as files.
///
/// Without it the page is whole: the values are titles of the marks, and stand in the tables.
enum PageScript {
  static let source = """
    "use strict";(()=>{
    const tip=document.getElementById("tip");let on=null;
    const hide=()=>{if(on)on.classList.remove("on");on=null;tip.hidden=true};
    const show=(e)=>{if(on===e)return;hide();on=e;e.classList.add("on");tip.textContent=e.tipText;
    tip.hidden=false;const b=e.getBoundingClientRect(),w=tip.offsetWidth,h=tip.offsetHeight;
    const W=document.documentElement.clientWidth;
    let x=b.left+b.width/2-w/2,y=b.top-h-10;x=Math.max(6,Math.min(x,W-w-6));if(y<4)y=b.bottom+10;
    tip.style.left=x+scrollX+"px";tip.style.top=y+scrollY+"px"};
    for(const svg of document.querySelectorAll("figure svg[role=img]")){
    const marks=[];for(const t of [...svg.querySelectorAll("title")]){
    if(t.parentNode===svg){svg.setAttribute("aria-label",t.textContent);
    svg.removeAttribute("aria-labelledby");
    const d=svg.querySelector("desc");if(d)svg.setAttribute("aria-describedby",d.id);t.remove()}
    else{t.parentNode.tipText=t.textContent;marks.push(t.parentNode);t.remove()}}
    const near=(ev)=>{let best=null,least=40*40;for(const m of marks){
    const b=m.getBoundingClientRect();const dx=Math.max(b.left-ev.clientX,0,ev.clientX-b.right),
    dy=Math.max(b.top-ev.clientY,0,ev.clientY-b.bottom),d=dx*dx+dy*dy;
    if(d<least){least=d;best=m}}if(best)show(best);else hide()};
    svg.addEventListener("pointermove",near);svg.addEventListener("pointerdown",near);
    svg.addEventListener("pointerleave",(e)=>{if(e.pointerType==="mouse")hide()});
    svg.addEventListener("blur",hide);
    svg.addEventListener("keydown",(e)=>{const step={ArrowRight:1,ArrowDown:1,ArrowLeft:-1,ArrowUp:-1}[e.key];
    if(e.key==="Escape")hide();if(!step||!marks.length)return;e.preventDefault();
    const i=marks.indexOf(on);show(marks[i<0?0:(i+step+marks.length)%marks.length])})}
    for(const d of document.querySelectorAll("details.data")){
    const b=document.createElement("button");b.type="button";b.textContent="Save as CSV";
    b.addEventListener("click",()=>{const rows=[...d.querySelectorAll("tr")].map((r)=>
    [...r.cells].map((c)=>/[",\\n]/.test(c.textContent)?'"'+c.textContent.replaceAll('"','""')+'"':c.textContent)
    .join(","));const a=document.createElement("a");
    a.href=URL.createObjectURL(new Blob([rows.join("\\n")+"\\n"],{type:"text/csv"}));
    a.download=d.dataset.name+".csv";a.click();setTimeout(()=>URL.revokeObjectURL(a.href),1e3)});
    d.append(b)}
    })();
    """
}
