// One flat colour, no light: what PhotoplayPasses.cs draws objects with. MIT, as Photoplay itself.
Shader "Photoplay/Flat"
{
    Properties { _Flat ("Colour", Color) = (1, 1, 1, 1) }
    SubShader
    {
        Cull Off
        ZWrite On
        ZTest LEqual
        Pass
        {
            HLSLPROGRAM
            #pragma vertex vert
            #pragma fragment frag
            #include "UnityCG.cginc"

            float4 _Flat;

            float4 vert(float4 position : POSITION) : SV_POSITION
            {
                return UnityObjectToClipPos(position.xyz);
            }

            float4 frag() : SV_Target
            {
                return _Flat;
            }
            ENDHLSL
        }
    }
}
