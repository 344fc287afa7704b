"""The shaders of the engine look: Lambert and Blinn, one hard shadow, flat ambient light, nothing beneath the skin."""

VERTEX = """#version 330
in vec3 position, before, normal, colour;
in vec2 uv;
in float object_id, edge;
uniform mat4 clip, clip_before, clip_light;
out vec3 world, facing, tint;
out vec2 texel;
out vec4 here, there, lit;
out float fade;
flat out float number;
void main() {
    world = position; facing = normal; tint = colour; texel = uv; fade = edge; number = object_id;
    here = clip * vec4(position, 1);
    there = clip_before * vec4(before, 1);
    lit = clip_light * vec4(position, 1);
    gl_Position = here;
}
"""

_COMMON = """#version 330
in vec3 world, facing, tint;
in vec2 texel;
in vec4 here, there, lit;
in float fade;
flat in float number;
uniform sampler2D image;
uniform sampler2DShadow shadow;
uniform vec3 eye;
uniform float is_hair, cut, actor;
float alpha(vec4 shown) {
    if (is_hair < .5) return shown.a;
    return fade > .9 ? 1. : clamp((fade * 1.25 - (1. - shown.a)) * 4., 0., 1.);
}
vec3 towards_eye(vec3 n) { return dot(n, eye - world) < 0. ? -n : n; }
"""

BEAUTY = (
    _COMMON
    + """
uniform vec3 key, key_light, fill, fill_light, rim, rim_light, ambient;
uniform float shine, gloss, is_glow;
out vec4 result;
float unshadowed() {
    if (!all(lessThan(abs(lit.xy), vec2(1.)))) return 1.;
    vec3 at = lit.xyz / lit.w * .5 + .5;
    float sum = 0.;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            sum += texture(shadow, vec3(at.xy + (vec2(i, j) - .5) / 2048., at.z - .0011));
    return sum / 4.;
}
vec3 blinn(vec3 n, vec3 view, vec3 light, vec3 power) {
    return power * pow(max(dot(n, normalize(light + view)), 0.), gloss);
}
void main() {
    vec4 shown = texture(image, texel);
    float a = alpha(shown);
    if (a < cut) discard;
    vec3 albedo = pow(shown.rgb, vec3(2.2)) * tint;
    if (is_glow > .5) { result = vec4(pow(clamp(albedo, 0., 1.), vec3(1 / 2.2)), 1); return; }
    vec3 view = normalize(eye - world), n = towards_eye(normalize(facing)), behind = rim_light * .6;
    vec3 front = key_light * unshadowed();
    float open = number == 5. ? .55 : 1.;
    vec3 diffuse = front * max(dot(n, key), 0.) + fill_light * max(dot(n, fill), 0.) + behind * max(dot(n, rim), 0.);
    vec3 gleam = blinn(n, view, key, front) + blinn(n, view, rim, behind) + blinn(n, view, fill, fill_light * .5);
    vec3 light = albedo * (diffuse + ambient) * open + shine * gleam;
    result = vec4(pow(clamp(light, 0., 1.), vec3(1 / 2.2)), a);
}
"""
)

BUFFERS = (
    _COMMON
    + """
layout(location = 0) out vec4 normal_and_depth;
layout(location = 1) out vec4 motion_and_id;
void main() {
    if (alpha(texture(image, texel)) < .5) discard;
    normal_and_depth = vec4(towards_eye(normalize(facing)), here.w);
    motion_and_id = vec4((here.xy / here.w - there.xy / there.w) * .5, number + 16. * actor, 1);
}
"""
)

SHADOW_VERTEX = """#version 330
in vec3 position;
uniform mat4 clip_light;
void main() { gl_Position = clip_light * vec4(position, 1); }
"""
SHADOW_FRAGMENT = "#version 330\nvoid main() {}\n"
